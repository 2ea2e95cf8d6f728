import { appendFile, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

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
    if (!isAside && (await linesOf(join(folder, name))).every((line) => !mentions(line, erased))) continue;
    const moved = isAside ? name : `${aside}${name}`;
    if (!isAside) await rename(join(folder, name), join(folder, moved));
    removed += await keepTheRest(folder, moved, erased);
  }
  const left = await linesIn(folder);
  const found = left.filter((line) => mentions(line, erased)).length;
  if (found > 0) throw new Error(`dead letters in ${folder}: ${found} of erased users came meanwhile; erase again`);
  return { removed, scanned: left.length };
}

async function keepTheRest(folder: string, moved: string, erased: ReadonlySet<string>): Promise<number> {
  const lines = await linesOf(join(folder, moved));
  const kept = lines.filter((line) => !mentions(line, erased));
  if (kept.length > 0) {
    const written = join(folder, `${moved}.tmp`);
    await rm(written, { force: true });
    await appendFile(written, kept.map((line) => `${line}\n`).join(''));
    const file = await open(written, 'r+');
    await file.sync();
    await file.close();
    await rename(written, join(folder, await keptName(folder, moved)));
  }
  await rm(join(folder, moved));
  return lines.length - kept.length;
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

async function linesIn(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of await lettersIn(folder)) lines.push(...(await linesOf(join(folder, name))));
  return lines;
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
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
