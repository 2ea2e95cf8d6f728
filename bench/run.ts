/**
 * `pnpm bench NAME [options]`: runs bench/NAME/run.ts, after installing what the benches compare with.
 * Each bench prints its table and writes its part of bench/RESULTS.md.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const names = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, 'run.ts')))
  .map((entry) => entry.name);

const [name, ...options] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  console.error(`bench: ${name ?? 'no name'}: not one of ${names.join(', ')}; try pnpm bench ${names[0] ?? 'NAME'}`);
  process.exit(2);
}
if (!existsSync(join(here, 'node_modules'))) run('npm', ['ci', '--no-audit', '--no-fund']);
run(process.execPath, [join(here, name, 'run.ts'), ...options]);

function run(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: here, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
