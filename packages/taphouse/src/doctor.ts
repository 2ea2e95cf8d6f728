import { existsSync } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { type Manifest, tables } from '@taphouse/schema';

/** One thing looked at. */
interface Finding {
  level: 'ok' | 'warning' | 'fault';
  line: string;
}

const marks = { ok: 'ok      ', warning: 'warning ', fault: 'FAULT   ' };
const minFreeBytes = 1024 ** 3;

/** `taphouse doctor`: looks at what Taphouse needs and says what to do; true if nothing is broken. */
export async function runDoctor(dataFolder: string, port: number, kinesisStream: string | undefined): Promise<boolean> {
  const findings = [node(), await disk(dataFolder), await running(port), ...(await lake(join(dataFolder, 'lake')))];
  if (kinesisStream) findings.push(...(await kinesis(kinesisStream)));
  for (const { level, line } of findings) console.log(marks[level] + line);
  return findings.every(({ level }) => level !== 'fault');
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const runs = major > 22 || (major === 22 && minor >= 18);
  return runs
    ? { level: 'ok', line: `Node ${process.versions.node}` }
    : {
        level: 'fault',
        line: `Node ${process.versions.node}: 22.18 or newer is needed; start by npm start, which brings its own`,
      };
}

async function disk(dataFolder: string): Promise<Finding> {
  if (!existsSync(dataFolder))
    return { level: 'ok', line: `data folder ${dataFolder}: not there yet; the first start makes it` };
  const { bavail, bsize } = await statfs(dataFolder);
  const freeBytes = bavail * bsize;
  const line = `data folder ${dataFolder}: ${(freeBytes / 1e9).toFixed(1)} GB free`;
  return freeBytes > minFreeBytes
    ? { level: 'ok', line }
    : { level: 'warning', line: `${line}; free some, or drop old days: taphouse retain --days N` };
}

async function running(port: number): Promise<Finding> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(2_000) });
    const { status, reason } = (await response.json()) as { status?: string; reason?: string };
    if (status === 'ready') return { level: 'ok', line: `port ${port}: Taphouse answers, ready` };
    return { level: 'warning', line: `port ${port}: answers, but is not ready: ${reason ?? response.status}` };
  } catch {
    return { level: 'ok', line: `port ${port}: Taphouse does not run there` };
  }
}

/** Whether each file that a manifest names is there, with its size. */
async function lake(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const table of Object.keys(tables)) {
    const path = join(folder, table, 'manifest.json');
    if (!existsSync(path)) continue;
    const { files, version } = JSON.parse(await readFile(path, 'utf8')) as Manifest;
    const faults = await Promise.all(files.map((file) => missing(join(folder, table, file.path), file.bytes)));
    const lost = faults.filter((fault) => fault !== null);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    findings.push(
      lost.length === 0
        ? {
            level: 'ok',
            line: `${table}: ${rows.toLocaleString('en')} rows in ${files.length} files, manifest ${version}`,
          }
        : {
            level: 'fault',
            line: `${table}: ${lost.length} of ${files.length} files are not as the manifest says (${lost[0]}); bring them back from a copy`,
          },
    );
  }
  return findings;
}

async function missing(path: string, bytes: number): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (!found) return `${path} is missing`;
  return found.size === bytes ? null : `${path} has ${found.size} bytes, not ${bytes}`;
}

async function kinesis(streamName: string): Promise<readonly Finding[]> {
  const { checkKinesis } = await import('@taphouse/streams/kinesis');
  const endpoint = process.env.KINESIS_ENDPOINT;
  return checkKinesis({ streamName, ...(endpoint ? { endpoint } : {}) });
}
