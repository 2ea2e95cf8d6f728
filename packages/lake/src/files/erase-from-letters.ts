import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { linesOf } from './stream-lines.ts';

export interface EraseFromLettersReport {
  removed: number;
  scanned: number;
}

const aside = '.erasing-';

/**
 * Removes the dead letters of some users from a folder of JSON lines, beside a collector that keeps appending to it.
 * Each file that holds one is moved aside, filtered, and its rest kept as `<name>.kept-<n>.jsonl`; one that was moved
 * aside by a process that died is taken up again.
 */
export async function eraseFromLetters(folder: string, userIds: readonly string[]): Promise<EraseFromLettersReport> {
  const erased = new Set(userIds);
  let removed = 0;
  for (const name of await lettersIn(folder)) {
    const isAside = name.startsWith(aside);
    if (!isAside && (await look(join(folder, name), erased)).found === 0) continue;
    const moved = isAside ? name : `${aside}${name}`;
    if (!isAside) await rename(join(folder, name), join(folder, moved));
    removed += await keepTheRest(folder, moved, erased);
  }
  let scanned = 0;
  let found = 0;
  for (const name of await lettersIn(folder)) {
    const seen = await look(join(folder, name), erased);
    scanned += seen.letters;
    found += seen.found;
  }
  if (found > 0) throw new Error(`dead letters in ${folder}: ${found} of erased users came meanwhile; erase again`);
  return { removed, scanned };
}

/** How many letters a file has, and how many of them are of erased users. */
async function look(path: string, erased: ReadonlySet<string>): Promise<{ letters: number; found: number }> {
  let letters = 0;
  let found = 0;
  for await (const line of linesOf(createReadStream(path))) {
    letters += 1;
    if (mentions(line, erased)) found += 1;
  }
  return { letters, found };
}

async function keepTheRest(folder: string, moved: string, erased: ReadonlySet<string>): Promise<number> {
  const written = join(folder, `${moved}.tmp`);
  let [kept, removed] = [0, 0];
  const theRest = async function* (): AsyncGenerator<string> {
    for await (const line of linesOf(createReadStream(join(folder, moved)))) {
      if (mentions(line, erased)) removed += 1;
      else {
        kept += 1;
        yield `${line}\n`;
      }
    }
  };
  await pipeline(theRest, createWriteStream(written, { flush: true }));
  if (kept > 0) await rename(written, join(folder, await keptName(folder, moved)));
  else await rm(written);
  await rm(join(folder, moved));
  return removed;
}

/** A free name: the day's file may have been filtered before. */
async function keptName(folder: string, moved: string): Promise<string> {
  const stem = moved.slice(aside.length).replace(/(\.kept-\d+)?\.jsonl$/, '');
  const names = new Set(await readdir(folder));
  for (let number = 1; ; number += 1) {
    const name = `${stem}.kept-${number}.jsonl`;
    if (!names.has(name)) return name;
  }
}

async function lettersIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith('.jsonl')).toSorted();
}

/** True if a letter has an erased user_id, at any depth or within the text of a batch that could not be read. */
function mentions(line: string, erased: ReadonlySet<string>): boolean {
  try {
    return holdsUser(JSON.parse(line), erased);
  } catch {
    return textHoldsUser(line, erased);
  }
}

function holdsUser(value: unknown, erased: ReadonlySet<string>): boolean {
  if (typeof value === 'string') return value.includes('user_id') && textHoldsUser(value, erased);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, each]: [string, unknown]) =>
      (key === 'user_id' && (typeof each === 'string' || typeof each === 'number') && erased.has(String(each))) ||
      holdsUser(each, erased),
  );
}

/** Text that is not whole JSON: `"user_id" : "ann"`, or a number, quotes escaped or not. */
function textHoldsUser(text: string, erased: ReadonlySet<string>): boolean {
  const named = /user_id\\?"\s*:\s*(?:\\?"((?:[^"\\]|\\(?!").)*)\\?"|(-?[\d.]+))/g;
  return [...text.matchAll(named)].some(([, asText, asNumber]) => erased.has(unescaped(asText ?? asNumber ?? '')));
}

function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
