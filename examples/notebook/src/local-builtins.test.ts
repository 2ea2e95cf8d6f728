import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { localBuiltins } from './local-builtins.ts';

const notebook = join(import.meta.dirname, '../index.html');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cell-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function bundle(code: string): Promise<string> {
  const entry = join(folder, 'cell.js');
  await writeFile(entry, code);
  const built = (await build({
    logLevel: 'silent',
    configFile: false,
    plugins: [localBuiltins(notebook)],
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  })) as Rolldown.RolldownOutput[];
  return built.flatMap(({ output }) => output.map((chunk) => ('code' in chunk ? chunk.code : ''))).join('\n');
}

test('a builtin whose package is installed comes from node_modules', async () => {
  const code = await bundle(`import { html } from 'https://cdn.jsdelivr.net/npm/htl/+esm'; console.log(html);`);
  expect(code).not.toContain('cdn.jsdelivr.net');
  expect(code).toContain('createTreeWalker');
});

test('a builtin whose package is not installed says which, when it is used', async () => {
  const code = await bundle(`import { one } from 'https://cdn.jsdelivr.net/npm/not-here@1.2.3/+esm'; one();`);
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  await expect(import(/* @vite-ignore */ url)).rejects.toThrow('not-here: not installed in this notebook; pnpm add');
});
