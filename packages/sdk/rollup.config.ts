import { nodeResolve } from '@rollup/plugin-node-resolve';
import { transform } from 'esbuild';
import type { Plugin, RollupOptions } from 'rollup';
import { minify } from 'terser';

/** Rollup bundles the source; esbuild only takes the types off. */
const types: Plugin = {
  name: 'types',
  async transform(source, id) {
    if (!id.endsWith('.ts')) return null;
    const { code } = await transform(source, { loader: 'ts', target: 'es2022' });
    return { code, map: null };
  },
};

/**
 * The order of top-level names that brotli packs best (found by search, good for 20 bytes); nothing else depends
 * on it. Names it does not know come last.
 */
const order = [
  'disk learnClock deviceId read readNumber asked tickMs keysOf cleanUrl setOptions endCookie save',
  'shareContext track start jar patienceMs tapClicks tapProperties drop maxStored sequence flush',
  'allowed listen openStore leave newId pauseMs engagedMs texts write mostEvents post longestWaitMs',
  'limits lastUrl failures erase prefix forget file beat options watchPages identify look instance',
].join(' ');

const smaller: Plugin = {
  name: 'smaller',
  async renderChunk(source) {
    const compress = { passes: 3, unsafe_arrows: true, pure_getters: true, unsafe: true };
    // Arrows pack better than declarations; none is called before its own line has run. So does one word for both.
    const alike = source
      .replace(/^( *)(async )?function (\w+)\((.*)\) \{$/gm, '$1let $3 = $2($4) => {')
      .replace(/\bconst\b/g, 'let');
    const mangle = { toplevel: true };
    const { code = '' } = await minify(arranged(alike, this.parse), { ecma: 2020, compress, toplevel: true, mangle });
    // Names declared by `let` are a block's own already.
    return { code: code.replace(/^\(\(\)=>(\{.*\})\)\(\);?\s*$/s, '$1'), map: null };
  },
};

/** The statements of the script, declarations in `order`. */
function arranged(source: string, parse: (code: string) => unknown): string {
  const program = parse(source) as { body: { expression?: { callee: { body: Block } } }[] };
  const body = program.body[0]?.expression?.callee.body;
  if (!body?.body) return source;
  const names = order.split(' ');
  const rank = ({ declarations }: Statement): number => {
    const place = names.indexOf(declarations?.[0]?.id.name ?? '');
    return place < 0 ? names.length : place;
  };
  const sorted = body.body.toSorted((a, b) => rank(a) - rank(b));
  const text = sorted.map(({ start, end }) => source.slice(start, end)).join('\n');
  return source.slice(0, body.body[0]?.start) + text + source.slice(body.body.at(-1)?.end);
}

interface Block {
  body: Statement[];
}
interface Statement {
  start: number;
  end: number;
  declarations?: { id: { name?: string } }[];
}

export const plugins: Plugin[] = [nodeResolve({ extensions: ['.ts'] }), types, smaller];

/** The script-tag file. */
const config: RollupOptions = {
  input: 'src/tag.ts',
  output: { file: 'dist/taphouse.js', format: 'iife', strict: false },
  plugins,
};

export default config;
