import { appendFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadLetter, DeadLetters } from '../dead-letter.ts';

export interface DeadLetterOptions {
  /** Most bytes of one day's letters; those over it are lost, and counted in the metrics. Default 256 MiB. */
  maxBytesPerDay?: number;
}

/**
 * Dead letters as JSON lines in a folder, one file a day (UTC): `2026-11-23.jsonl`.
 *
 * @throws Error if the folder can not be made
 */
export async function openDeadLetters(folder: string, options: DeadLetterOptions = {}): Promise<DeadLetters> {
  const { maxBytesPerDay = 256 * 1024 ** 2 } = options;
  await mkdir(folder, { recursive: true });
  const bytesOfDay = new Map<string, number>();

  const appendToDay = async (day: string, letters: readonly DeadLetter[]): Promise<void> => {
    const file = join(folder, `${day}.jsonl`);
    const lines = letters.map((letter) => `${lineOf(letter)}\n`).join('');
    const bytes = (bytesOfDay.get(day) ?? (await sizeOf(file))) + Buffer.byteLength(lines);
    if (bytes > maxBytesPerDay)
      throw new Error(
        `dead letters at ${folder}: ${day} is full at ${maxBytesPerDay} bytes; raise maxBytesPerDay, or see why so much is refused`,
      );
    // Only today is asked about again.
    bytesOfDay.clear();
    bytesOfDay.set(day, bytes);
    await appendFile(file, lines);
  };

  return {
    async append(letters) {
      const days = Map.groupBy(letters, ({ received_at }) => new Date(received_at).toISOString().slice(0, 10));
      for (const [day, ofDay] of days) await appendToDay(day, ofDay);
    },
  };
}

/** Longest line, characters: twice the largest event there can be. */
const maxLineLength = 65_536;

/** Of an event too large for a line, its beginning is kept, as text. */
function lineOf(letter: DeadLetter): string {
  const line = JSON.stringify(letter);
  if (line.length <= maxLineLength) return line;
  return JSON.stringify({ ...letter, event: JSON.stringify(letter.event).slice(0, 2048).toWellFormed() });
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
