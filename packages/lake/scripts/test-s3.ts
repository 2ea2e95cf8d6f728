/**
 * Runs the tests that vitest's arguments name against moto, an S3 server from PyPI, in a virtual environment of its own
 * under node_modules/.cache.
 * Needs python3 with venv; without it, says so and ends with 0 unless CI_REQUIRE_S3 is set.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const venv = join(root, 'node_modules/.cache/moto-5.2.5');

process.exitCode = await main();

async function main(): Promise<number> {
  if (!makeVenv()) {
    console.log('S3 tests: skipped, python3 with venv and pip is needed for the S3 server');
    return process.env.CI_REQUIRE_S3 ? 1 : 0;
  }
  const port = await freePort();
  const server = spawn(join(venv, 'bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  try {
    const endpoint = `http://127.0.0.1:${port}`;
    await answers(endpoint, server);
    const args = ['run', ...process.argv.slice(2)];
    const env = { ...process.env, TAPHOUSE_TEST_S3: endpoint };
    return spawnSync(join(root, 'node_modules/.bin/vitest'), args, { cwd: root, env, stdio: 'inherit' }).status ?? 1;
  } finally {
    server.kill();
  }
}

function makeVenv(): boolean {
  if (existsSync(join(venv, 'bin/moto_server'))) return true;
  if (!succeeds('python3', ['-m', 'venv', venv])) return false;
  return succeeds(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', 'moto[server]==5.2.5']);
}

function succeeds(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 150 && server.exitCode === null; tries += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`S3 server at ${url}: did not answer within 30 s`);
}
