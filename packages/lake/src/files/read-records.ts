import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { linesOf } from './stream-lines.ts';

/** One JSON object of a file, or text that is none. */
export interface ReadRecord {
  /** Place in the file, from 1. */
  number: number;
  text: string;
  /** Undefined if the text is not JSON. */
  value: unknown;
}

/**
 * The JSON objects of a file, in order: one a line, or one behind the other with nothing between as Firehose writes
 * them. Gzip is told by its first bytes, whatever the name.
 */
export async function* readRecords(path: string): AsyncGenerator<ReadRecord> {
  let number = 0;
  for await (const line of linesIn(path)) {
    for (const text of objectsOf(line)) {
      number += 1;
      yield { number, text, value: parse(text) };
    }
  }
}

/** @throws Error with the file's name where zlib says no more than `unexpected end of file` */
async function* linesIn(path: string): AsyncGenerator<string> {
  try {
    yield* linesOf(await bytesOf(path));
  } catch (cause) {
    const fault = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `${path}: ${fault}; bring it whole, or move it away, and import again: the rest is not taken twice`,
      {
        cause,
      },
    );
  }
}

async function bytesOf(path: string): Promise<Readable> {
  const isZipped = await isGzip(path);
  const file = createReadStream(path);
  // The stream that is read from gives the faults of both, and ends both.
  return isZipped ? pipeline(file, createGunzip(), () => {}) : file;
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Cuts a line into the objects that stand on it side by side; what is no object stays one piece. */
export function objectsOf(line: string): string[] {
  const objects: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at];
    if (letter === '"' && depth > 0) at = endOfText(line, at);
    else if (letter === '{') depth += 1;
    else if (letter === '}') {
      depth -= 1;
      if (depth > 0) continue;
      objects.push(line.slice(start, at + 1).trim());
      start = at + 1;
      depth = 0;
    }
  }
  const rest = line.slice(start).trim();
  if (rest !== '') objects.push(rest);
  return objects;
}

function endOfText(line: string, quoteAt: number): number {
  for (let at = quoteAt + 1; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === '"') return at;
  }
  return line.length;
}
