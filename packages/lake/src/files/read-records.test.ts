import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { readRecords } from './read-records.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'records-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** Records of a file with these bytes; all of them if no number is given. */
async function recordsOf(bytes: string | Uint8Array, most = Infinity): Promise<unknown[]> {
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  const records: unknown[] = [];
  for await (const { text, value } of readRecords(path)) {
    records.push(value ?? text);
    if (records.length >= most) break;
  }
  return records;
}

it('reads a line each whatever ends it, and letters cut in two between reads', async () => {
  const beers = Array.from({ length: 50_000 }, (_, at) => ({ beer: `Kölsch 🍺 ${at}` }));
  const lines = beers.map((beer) => JSON.stringify(beer));
  expect(await recordsOf(lines.join('\n'))).toEqual(beers);
  expect(await recordsOf(`${lines.join('\r\n')}\r\n`)).toEqual(beers);
  expect(await recordsOf(gzipSync(lines.join('')))).toEqual(beers);
});

it('keeps a line separator that stands in a text', async () => {
  const record = { page_title: 'one\u2028two\u2029three' };
  expect(await recordsOf(JSON.stringify(record))).toEqual([record]);
});

it('names a file that ends too soon', async () => {
  const cut = gzipSync(randomBytes(500)).subarray(0, 300);
  await expect(recordsOf(cut)).rejects.toThrow(/file: unexpected end of file; bring it whole/);
});

it('left at the first record, hears nothing of what is wrong behind it', async () => {
  const fault = vi.fn<(error: Error) => void>();
  process.prependListener('uncaughtExceptionMonitor', fault);
  for (let round = 0; round < 200; round += 1) {
    // Of these bytes, two thirds or so hold the end of a line before they break off.
    const cut = gzipSync(randomBytes(500)).subarray(0, 300);
    const told = await recordsOf(cut, 1).catch(String);
    expect(Array.isArray(told) ? told : [told]).toHaveLength(1);
  }
  await sleep(50);
  process.off('uncaughtExceptionMonitor', fault);
  expect(fault).not.toHaveBeenCalled();
});
