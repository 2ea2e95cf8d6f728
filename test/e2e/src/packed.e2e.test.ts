import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeLake } from '@taphouse/lake/testing';
import { openChromium } from '@taphouse/test-browser';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { servePages } from '../../../packages/analytics/src/testing/serve-pages.ts';
import { shopRows } from '../../../packages/analytics/src/testing/shop-rows.ts';

/**
 * What a registry would hand out: each package built, packed by pnpm, and installed by npm into an empty folder.
 * It takes the network and half a minute, so `.ci/run` asks for it by TAPHOUSE_PACKED.
 */
const root = join(import.meta.dirname, '../../..');
const asked = process.env.TAPHOUSE_PACKED !== undefined;
const run = promisify(execFile);
const pnpm = (...args: string[]): Promise<unknown> =>
  run('npx', ['--yes', 'pnpm@12.21.0', ...args], { cwd: root, maxBuffer: 2 ** 26 });

interface Manifest {
  name: string;
  exports: Record<string, string | { default: string }>;
}

interface Packed {
  file: string;
  manifest: Manifest;
}

/** Entries that are for pages: they are bundled, not run. */
const forPages = new Set(['@taphouse/sdk', '@taphouse/analytics']);
/** What a page would bring along for the SDK's optional modules, and tests for the conformance suites. */
const peers = ['react', 'web-vitals', '@aws-sdk/client-cognito-identity', '@aws-sdk/client-kinesis', '@smithy/core'];

describe.skipIf(!asked)('packed', () => {
  let folder = '';
  const packages: Packed[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taphouse-packed-'));
    await pnpm('-r', 'run', 'build');
    await pnpm(
      '-r',
      '--filter',
      './packages/*',
      '--filter',
      '@taphouse/beer-shop',
      'pack',
      '--pack-destination',
      folder,
    );
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.tgz'))) {
      const { stdout } = await run('tar', ['xzOf', join(folder, file), 'package/package.json']);
      packages.push({ file, manifest: JSON.parse(stdout) });
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify(await wanted(packages)));
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'], { cwd: folder });
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('all packages are there, and none asks for a private one', () => {
    expect(packages.map(({ manifest }) => manifest.name).toSorted()).toEqual([
      '@taphouse/analytics',
      '@taphouse/beer-shop',
      '@taphouse/collector',
      '@taphouse/lake',
      '@taphouse/schema',
      '@taphouse/sdk',
      '@taphouse/sessions',
      '@taphouse/streams',
      'taphouse',
    ]);
  });

  test('publint finds no fault', async () => {
    const found: string[] = [];
    for (const { file, manifest } of packages) {
      const bytes = await readFile(join(folder, file));
      const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      const { messages, pkg } = await publint({ pack: { tarball } });
      found.push(...messages.map((message) => `${manifest.name}: ${formatMessage(message, pkg) ?? message.code}`));
    }
    expect(found).toEqual([]);
  });

  test('every public name of the source can be imported from what is installed', async () => {
    for (const { manifest } of packages) {
      const source = JSON.parse(
        await readFile(join(root, sourceOf(manifest.name), 'package.json'), 'utf8'),
      ) as Manifest;
      const entries = Object.keys(manifest.exports).filter(
        (entry) => !entry.endsWith('.js') && !entry.endsWith('.json'),
      );
      for (const entry of entries) {
        const written = source.exports[entry];
        if (typeof written !== 'string')
          throw new Error(`${manifest.name}: ${entry} is not in the exports of the source`);
        const names = await namesIn(join(root, sourceOf(manifest.name), written), true);
        expect(names.length, `${manifest.name} ${entry}`).toBeGreaterThan(0);
        const installed = join(manifest.name, entry);
        expect(await (forPages.has(manifest.name) ? bundled(installed) : imported(installed))).toEqual(names);
      }
    }
  });

  test('the command says its version, starts, serves its pages, and stops', async () => {
    const command = join(folder, 'node_modules/.bin/taphouse');
    const { stdout } = await run(process.execPath, [command, '--version'], { cwd: folder });
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    const child = spawn(process.execPath, [
      command,
      'start',
      '--port',
      '0',
      '--data',
      join(folder, 'data'),
      '--no-traffic',
    ]);
    const ended = once(child, 'exit');
    try {
      const url = await printed(child.stdout, /collector\s+(http:\/\/localhost:\d+)/);
      for (const path of ['/', '/dashboard/', '/sql/', '/sdk/taphouse.js', '/v1/limits', '/ready'])
        expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
    } finally {
      child.kill('SIGINT');
    }
    expect((await ended)[0]).toBe(0);
  });

  test('the dashboard element stands in a page of another, built by vite, under a strict policy', async () => {
    const [site, lake] = [join(folder, 'site'), join(folder, 'lake')];
    const rows = shopRows({ rows: 300, untilAt: Date.now() - 60_000, spanMs: 3_600_000 });
    await makeLake({ folder: lake, rows });
    await mkdir(site);
    await writeFile(join(site, 'main.js'), `import '@taphouse/analytics/elements';`);
    await writeFile(
      join(site, 'index.html'),
      `<!doctype html><title>Another's</title><script type="module" src="/main.js"></script>
<h1>Our own page</h1><taphouse-dashboard lake="/lake/"></taphouse-dashboard>`,
    );
    await run('npx', ['vite', 'build', '--logLevel', 'error', 'site'], { cwd: folder });
    const server = await servePages({ pages: join(site, 'dist'), lake });
    const browser = await openChromium();
    const faults: string[] = [];
    try {
      const page = await browser.newPage();
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      page.on('pageerror', (error) => faults.push(error.message));
      await page.goto(server.origin);
      const sessions = new Set(rows.map((row) => `${row.user_id} ${row.device_id} ${row.timeagg}`)).size;
      await page
        .locator('taphouse-dashboard .value', { hasText: String(sessions) })
        .first()
        .waitFor();
      await page.locator('taphouse-by-duration [part=mark]').first().click();
      await page.getByRole('button', { name: /^Without the filter lasts/ }).waitFor();
    } finally {
      await browser.close();
      await server.close();
    }
    // The lake has no events, and so no manifest of them.
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([]);
  });

  async function imported(entry: string): Promise<string[]> {
    const text = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(entry)}))))`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', text], { cwd: folder });
    return (JSON.parse(stdout) as string[]).toSorted();
  }

  async function bundled(entry: string): Promise<string[]> {
    const stdin = join(folder, 'entry.js');
    await writeFile(stdin, `export * from ${JSON.stringify(entry)}`);
    return namesIn(stdin, false);
  }
});

/** Names that a file exports; with its imports looked up, unless they are another package's and `alone`. */
async function namesIn(file: string, alone: boolean): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    logLevel: 'silent',
    // Addresses of files, which Vite and its like look up.
    external: ['*?url', '*?url&no-inline'],
    ...(alone ? { packages: 'external' as const, platform: 'node' as const } : { platform: 'browser' as const }),
  });
  return (Object.values(metafile.outputs)[0]?.exports ?? []).toSorted();
}

const sourceOf = (name: string): string =>
  name === '@taphouse/beer-shop' ? 'examples/beer-shop' : `packages/${name.replace('@taphouse/', '')}`;

/** A folder that wants all of them, each for the others too. */
async function wanted(packages: Packed[]): Promise<object> {
  const files = Object.fromEntries(packages.map(({ file, manifest }) => [manifest.name, `file:${file}`]));
  const sdk = JSON.parse(await readFile(join(root, 'packages/sdk/package.json'), 'utf8'));
  const versionOf = async (name: string): Promise<string> =>
    JSON.parse(await readFile(join(root, 'packages/analytics/node_modules', name, 'package.json'), 'utf8')).version;
  const brought = Object.fromEntries(peers.map((name) => [name, sdk.devDependencies[name] as string]));
  return {
    private: true,
    dependencies: { ...files, ...brought, vitest: await versionOf('vitest'), vite: await versionOf('vite') },
    overrides: Object.fromEntries(Object.keys(files).map((name) => [name, `$${name}`])),
  };
}

function printed(pipe: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    pipe.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const match = pattern.exec(text);
      if (match) resolve(match[1] ?? '');
    });
    pipe.on('end', () => reject(new Error(`ended before it printed ${String(pattern)}:\n${text}`)));
  });
}
