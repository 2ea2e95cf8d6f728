import type { Plugin } from 'vite';

const code = /^https:\/\/cdn\.jsdelivr\.net\/npm\/((?:@[^/]+\/)?[^/@]+)(?:@[^/]+)?\/\+esm$/;
const style = /url\(["']https:\/\/cdn\.jsdelivr\.net\/npm\/(.+?)["']\)/g;
const missing = '\0not-installed:';

/**
 * Notebook Kit loads its builtins (`Plot`, `Inputs`, `html` ...) from a CDN. This takes them from node_modules instead:
 * a notebook then builds and runs without internet, and with the versions of the lock file. A builtin whose package
 * is not installed fails when a cell uses it, and says what to install.
 *
 * @param notebook path of the notebook, from which packages are looked up
 */
export function localBuiltins(notebook: string): Plugin {
  return {
    name: 'local-builtins',
    enforce: 'pre',
    async resolveId(source) {
      const [, name] = code.exec(source) ?? [];
      if (!name) return null;
      return (await this.resolve(name, notebook)) ?? `${missing}${name}`;
    },
    load(id) {
      if (!id.startsWith(missing)) return null;
      const name = id.slice(missing.length);
      const message = `${name}: not installed in this notebook; pnpm add ${name}, then build again`;
      // CommonJS, so that any name may be imported from it.
      return `module.exports = (() => { throw new Error(${JSON.stringify(message)}); })();`;
    },
    async transform(text, id) {
      if (!id.endsWith('/stdlib/inputs.css')) return null;
      const local = await this.resolve('@observablehq/inputs/dist/index.css', notebook);
      return text.replace(style, `url("${local?.id}")`);
    },
  };
}
