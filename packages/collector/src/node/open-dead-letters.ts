import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadLetters } from '../dead-letter.ts';

/**
 * Dead letters as JSON lines in a folder, one file a day (UTC): `2026-11-23.jsonl`.
 *
 * @throws Error if the folder can not be made
 */
export async function openDeadLetters(folder: string): Promise<DeadLetters> {
  await mkdir(folder, { recursive: true });
  return {
    async append(letters) {
      const days = Map.groupBy(letters, ({ received_at }) => new Date(received_at).toISOString().slice(0, 10));
      for (const [day, ofDay] of days) {
        const lines = ofDay.map((letter) => `${JSON.stringify(letter)}\n`).join('');
        await appendFile(join(folder, `${day}.jsonl`), lines);
      }
    },
  };
}
