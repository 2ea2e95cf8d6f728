import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { expect, test } from 'vitest';

const sdk = join(import.meta.dirname, '../../../packages/sdk');
const readme = readFileSync(join(sdk, 'README.md'), 'utf8');

/** Of the table of modules: first cell and the second, which holds the figures. */
const rows = [...readme.matchAll(/^\| (`\/[\w-]+`|the script tag[^|]*?) \| ([^|]*kB[^|]*?) \|/gm)].map(
  ([, name = '', figures = '']) => ({
    name: name.replaceAll('`', ''),
    figures: [...figures.matchAll(/([\d.,]+)(?= kB| of)/g)].map(([figure]) => Number(figure.replace(',', '.'))),
  }),
);

/** What the optional modules bring in from others. */
const others = ['@aws-sdk/*', '@smithy/*', 'react', 'web-vitals'];

/** The core is on the page already. */
const core: Plugin = {
  name: 'core',
  setup(build) {
    build.onResolve({ filter: /^\.\/(client|index)\.ts$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** Brotli 11 of what a page would load, kB; without what is imported from other packages, or with it. */
async function packedSize(entry: string, alone: boolean): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(sdk, `src${entry}.ts`)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: alone ? others : [],
    plugins: [core],
  });
  return brotliCompressSync(outputFiles[0]?.contents ?? '').length / 1000;
}

test('the README says the size of the script tag that the build is held to', () => {
  const { 'size-limit': limits } = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8')) as {
    'size-limit': { name: string; limit: string }[];
  };
  const limit = limits.find(({ name }) => name === 'script tag')?.limit;
  const said = rows.find(({ name }) => name.startsWith('the script tag'))?.figures[0];
  expect(said).toBe(Number((Number.parseFloat(limit ?? '') / 1000).toFixed(1)));
});

test.each(rows.filter(({ name }) => name.startsWith('/')))(
  'the README says the size of $name',
  async ({ name, figures }) => {
    const own = await packedSize(name, true);
    expect(Math.abs(own - (figures[0] ?? 0)), `measured ${own} kB`).toBeLessThan(0.1);
    if (figures[1] === undefined) return;
    const imported = (await packedSize(name, false)) - own;
    // The SDKs of others count in whole kB.
    expect(Math.abs(imported - figures[1]), `measured ${imported} kB`).toBeLessThan(figures[1] > 10 ? 1 : 0.1);
  },
);
