import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { openLake } from '@taphouse/lake/files';

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

/** Whether each live file is there and whole. */
async function lake(folder: string): Promise<Finding[]> {
  if (!existsSync(folder)) return [];
  try {
    return await verify(folder);
  } catch (error) {
    // Such as a manifest of a newer version, or an erasure to go on with that comes upon a broken file.
    return [{ level: 'fault', line: `lake: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}` }];
  }
}

async function verify(folder: string): Promise<Finding[]> {
  const opened = await openLake({ folder });
  try {
    const { files, rows, faults } = await opened.verify();
    if (faults.length === 0)
      return [
        { level: 'ok', line: `lake: ${rows.toLocaleString('en')} rows in ${files} files, all as the manifests say` },
      ];
    return faults.map((line) => ({ level: 'fault', line }));
  } finally {
    await opened.close();
  }
}

async function kinesis(streamName: string): Promise<readonly Finding[]> {
  const { checkKinesis } = await import('@taphouse/streams/kinesis');
  const endpoint = process.env.KINESIS_ENDPOINT;
  return checkKinesis({ streamName, ...(endpoint ? { endpoint } : {}) });
}
