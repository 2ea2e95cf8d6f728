import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDeadLetters } from './open-dead-letters.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'taphouse-letters-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const midnight = Date.UTC(2026, 10, 24);
const letter = (received_at: number, event: unknown = {}) => ({ received_at, reason: 'r', index: 0, event });

it('keeps letters as JSON lines, one file a day', async () => {
  const letters = await openDeadLetters(join(folder, 'new'));
  await letters.append([letter(midnight - 1, { a: 'x\ny' }), letter(midnight)]);
  await letters.append([letter(midnight + 1)]);
  expect(readdirSync(join(folder, 'new'))).toEqual(['2026-11-23.jsonl', '2026-11-24.jsonl']);
  const lines = readFileSync(join(folder, 'new', '2026-11-24.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([letter(midnight), letter(midnight + 1)]);
});

it('stops for the day at its limit, so that bad input can not fill the disk', async () => {
  const letters = await openDeadLetters(folder, { maxBytesPerDay: 1000 });
  await letters.append([letter(midnight, 'x'.repeat(600))]);
  await expect(letters.append([letter(midnight, 'x'.repeat(600))])).rejects.toThrow(
    `dead letters at ${folder}: 2026-11-24 is full at 1000 bytes; raise maxBytesPerDay`,
  );
  const again = await openDeadLetters(folder, { maxBytesPerDay: 1000 });
  await expect(again.append([letter(midnight, 'x'.repeat(600))])).rejects.toThrow('is full');
  await again.append([letter(midnight + 86_400_000, 'x'.repeat(600))]);
});

it('keeps of a huge event its beginning', async () => {
  const letters = await openDeadLetters(folder);
  await letters.append([letter(midnight, { huge: 'x'.repeat(5_000_000) })]);
  const line = readFileSync(join(folder, '2026-11-24.jsonl'), 'utf8');
  expect(line.length).toBeLessThan(3000);
  expect(JSON.parse(line)).toMatchObject({ reason: 'r', event: expect.stringMatching(/^{"huge":"xxx/) as string });
});
