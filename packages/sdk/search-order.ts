/** `pnpm order [seconds]`: looks for an order of names that brotli packs better, for `smaller.ts`. */
import { brotliCompressSync } from 'node:zlib';
import { rollup } from 'rollup';
import { parseAst } from 'rollup/parseAst';
import { unpacked } from './rollup.config.ts';
import { inOrder, pack, type Statement, statementsOf } from './smaller.ts';

const bundle = await rollup({ input: 'src/tag.ts', plugins: unpacked });
const { output } = await bundle.generate({ format: 'es' });
let best = inOrder(await statementsOf(output[0].code, parseAst));
let bytes = await bytesOf(best);

const until = Date.now() + Number(process.argv[2] ?? 60) * 1000;
while (Date.now() < until) {
  const tried = moved(best);
  if (!declaresFirst(tried)) continue;
  const triedBytes = await bytesOf(tried);
  if (triedBytes < bytes) console.log(`${triedBytes} B`);
  // One as good may lead to a better one.
  if (triedBytes <= bytes) [best, bytes] = [tried, triedBytes];
}
console.log(best.map(({ name }) => name).join(' '));

async function bytesOf(statements: Statement[]): Promise<number> {
  return brotliCompressSync(await pack(statements)).length;
}

/** One or two declarations in other places. */
function moved(statements: Statement[]): Statement[] {
  const names = statements.filter(({ name }) => name);
  const place = (): number => Math.floor(Math.random() * names.length);
  for (let moves = Math.random() < 0.5 ? 1 : 2; moves > 0; moves -= 1)
    names.splice(place(), 0, ...names.splice(place(), 1));
  return [...names, ...statements.filter(({ name }) => !name)];
}

/** Whether each name that a declaration reads at once, not in a function, is declared before it. */
function declaresFirst(statements: Statement[]): boolean {
  const later = new Set(statements.map(({ name }) => name));
  return statements.every(({ name, text }) => {
    const isFunction = /^let \w+ ?= ?(async ?)?(\w+|\([^)]*\)) ?=>/.test(text);
    later.delete(name);
    return !name || isFunction || !(text.match(/\w+/g) ?? []).some((word) => later.has(word));
  });
}
