import { nodeResolve } from '@rollup/plugin-node-resolve';
import { transform } from 'esbuild';
import type { Plugin, RollupOptions } from 'rollup';
import { minify } from 'terser';

/** Rollup bundles the source; esbuild only takes the types off. */
const types: Plugin = {
  name: 'types',
  async transform(source, id) {
    if (!id.endsWith('.ts')) return null;
    const { code, map } = await transform(source, { loader: 'ts', target: 'es2022', sourcemap: true });
    return { code, map };
  },
};

const smaller: Plugin = {
  name: 'smaller',
  async renderChunk(source) {
    const compress = { passes: 3, unsafe_arrows: true, pure_getters: true };
    // Arrows pack better than declarations; none is called before its own line has run. So does one word for both.
    const alike = source
      .replace(/^( *)(async )?function (\w+)\((.*)\) \{$/gm, '$1let $3 = $2($4) => {')
      .replace(/\bconst\b/g, 'let');
    const { code = '', map } = await minify(alike, { ecma: 2020, compress, toplevel: true, sourceMap: true });
    // Names declared by `let` are a block's own already.
    return { code: code.replace(/^\(\(\)=>(\{.*\})\)\(\);?\s*$/s, '$1'), map: map as string };
  },
};

export const plugins: Plugin[] = [nodeResolve({ extensions: ['.ts'] }), types, smaller];

/** The script-tag file. */
const config: RollupOptions = {
  input: 'src/tag.ts',
  output: { file: 'dist/taphouse.js', format: 'iife', sourcemap: 'hidden', strict: false },
  plugins,
};

export default config;
