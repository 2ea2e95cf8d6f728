/** The minifier of the script tag: terser, between two steps that make what brotli packs well. */
import type { Plugin } from 'rollup';
import { minify } from 'terser';

type Parse = (code: string) => unknown;

/** A statement of the top level; `name` of what it declares. */
export interface Statement {
  name: string;
  text: string;
}

/**
 * The order of top-level names that brotli packs best, good for 20 bytes; nothing else depends on it. Names it does
 * not know come first. After a change, `pnpm order` finds another.
 */
const order = [
  'lastUrl disk texts options asked track flush setOptions erase write listen leave cleanUrl identify drop prefix',
  'forget sequence read keysOf engagedMs save failures allowed newId endCookie waiting post jar look view',
  'instance mostEvents readNumber file',
]
  .join(' ')
  .split(' ');

/** Minifies a bundle of format `es`, which becomes a block: names declared by `let` are its own. */
export const smaller: Plugin = {
  name: 'smaller',
  async renderChunk(source) {
    const parse: Parse = (code) => this.parse(code);
    return { code: await pack(inOrder(await statementsOf(source, parse))), map: null };
  },
  /** Takes off the line feed with which rollup ends a file: 3 bytes. */
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = file.code.trimEnd();
  },
};

/** The statements of a bundle, with what is used once put in its place. */
export async function statementsOf(source: string, parse: Parse): Promise<Statement[]> {
  // Arrows pack better than declarations; none is called before its own line has run. So does one word for both.
  const alike = source
    .replace(/^( *)(async )?function (\w+)\((.*)\) \{$/gm, '$1let $3 = $2($4) => {')
    .replace(/\bconst\b/g, 'let');
  const compress = { passes: 3, unsafe_arrows: true, pure_getters: true, unsafe: true, join_vars: false };
  const { code = '' } = await minify(alike, { ecma: 2020, compress, toplevel: true, mangle: false });
  const { body } = parse(code) as { body: Node[] };
  return body.map(({ start, end, declarations }) => ({
    name: declarations?.[0]?.id.name ?? '',
    text: code.slice(start, end),
  }));
}

/** Short names, given in the order of the statements. */
export async function pack(statements: Statement[]): Promise<string> {
  const block = `{${statements.map(({ text }) => text).join('\n')}}`;
  const compress = { defaults: false, join_vars: true };
  const { code = '' } = await minify(block, { ecma: 2020, compress, toplevel: true, mangle: { toplevel: true } });
  return code;
}

/** Declarations in `order`, then what has effects. */
export function inOrder(statements: Statement[]): Statement[] {
  const rank = ({ name }: Statement): number => (name ? order.indexOf(name) : order.length);
  return statements.toSorted((a, b) => rank(a) - rank(b));
}

interface Node {
  start: number;
  end: number;
  declarations?: { id: { name?: string } }[];
}
