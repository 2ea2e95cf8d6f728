/** `pnpm size`: bytes of each entry, brotli 11. Fails if the core from npm is larger than the script tag. */
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { type Plugin, rollup } from 'rollup';
import { plugins } from './rollup.config.ts';

const packed = (code: string | Uint8Array): number => brotliCompressSync(code).length;

/** What a page gets that calls `init` of this entry, by the build of the script tag. */
async function coreBytes(): Promise<number> {
  const page: Plugin = {
    name: 'page',
    resolveId: (id) => (id === 'page' ? id : null),
    load: (id) =>
      id === 'page' ? "import { init } from './src/init.ts'; window.client = init({ writeKey: 'demo' })" : null,
  };
  const bundle = await rollup({ input: 'page', plugins: [page, ...plugins] });
  const { output } = await bundle.generate({ format: 'es' });
  return packed(output[0].code);
}

/** An optional module without the core, and without or with the packages it imports. */
async function moduleBytes(entry: string, external: string[]): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [`src/${entry}.ts`],
    external,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  });
  return packed(outputFiles[0]?.contents ?? '');
}

const tag = packed(readFileSync('dist/taphouse.js'));
const core = await coreBytes();
const rows: [string, string][] = [
  ['script tag', `${tag}`],
  ['npm core', `${core}`],
];
for (const entry of ['rage', 'scroll', 'gzip']) rows.push([`./${entry}`, `${await moduleBytes(entry, [])}`]);
for (const [entry, peers, whose] of [
  ['vitals', ['web-vitals'], 'web-vitals'],
  ['cognito-kinesis', ['@aws-sdk/*', '@smithy/*'], 'the AWS SDK'],
] as const) {
  const own = await moduleBytes(entry, [...peers]);
  const whole = await moduleBytes(entry, []);
  rows.push([`./${entry}`, `${own} and ${whole - own} of ${whose}`]);
}
for (const [entry, bytes] of rows) console.log(`${entry.padEnd(18)} ${bytes} B brotli`);
if (core > tag) throw new Error(`npm core: ${core} B, more than the script tag's ${tag} B`);
