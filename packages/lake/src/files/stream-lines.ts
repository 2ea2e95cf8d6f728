import type { Readable } from 'node:stream';

/**
 * The lines of UTF-8, one after the other, so that a file may be larger than memory. Only `\n` ends a line: readline
 * takes U+2028 for an end, which may stand in a text of JSON. Destroys the stream, however it is left.
 */
export async function* linesOf(bytes: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const text of bytes.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = text.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
