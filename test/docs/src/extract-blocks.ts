/**
 * Writes each code block marked `ts` of every README and document to a file of its own under blocks/, for tsc: an
 * example that does not compile is a wrong example. `js` blocks are someone else's configuration and are left alone.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const folder = join(import.meta.dirname, '../blocks');

const documents = globSync(['*.md', 'docs/**/*.md', '{packages,examples,infra}/*/README.md'], { cwd: root });
const blocks = documents.toSorted().flatMap((document) => {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```tsx?\n(.*?)^```/gms)].map(([, code = ''], index) => {
    const lineOfBlock = text.slice(0, text.indexOf(code)).split('\n').length;
    const file = `${document.replaceAll(/[/.]/g, '-')}-${index + 1}.ts`;
    return { file, code: `// ${document}, line ${lineOfBlock}\n${code}export {};\n` };
  });
});
if (blocks.length === 0) throw new Error(`no code blocks in ${documents.length} documents below ${root}`);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const { file, code } of blocks) writeFileSync(join(folder, file), code);
// As a site with a bundler: the analytics package imports addresses of files.
const compilerOptions = {
  lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  types: ['node', 'vite/client'],
  // Its exports name no types.
  paths: { 'apache-arrow': ['../../../packages/analytics/node_modules/apache-arrow/Arrow.dom.d.ts'] },
};
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions, include: ['.'] }, null, 2),
);
console.log(`${blocks.length} code blocks of ${documents.length} documents`);
