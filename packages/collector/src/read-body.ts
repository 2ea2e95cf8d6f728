/** Why a body was not read. */
export interface BodyFault {
  status: 400 | 413 | 415 | 503;
  reason: string;
}

/** What a body arrives in. */
export interface BodySource {
  header(name: string): string | undefined;
  /** Node's request, where there is one. */
  incoming: IncomingBody | undefined;
  /** The body anywhere else. */
  stream(): ReadableStream<Uint8Array> | null;
}

export interface BodyLimits {
  maxBodyBytes: number;
  maxExpandedBytes: number;
  /** Told of each piece that is held in memory; false refuses it. */
  hold?: (bytes: number) => boolean;
  /** Told of the bytes of the text, expanded. */
  onText?: (bytes: number) => void;
}

/**
 * The part of Node's IncomingMessage that a body needs. On Node, bytes are counted as they come in: reading through
 * the Request, with a body-limit middleware, cost 3.5 times the whole rest of a request.
 */
export interface IncomingBody {
  on(event: string, listener: (value: never) => void): unknown;
  off(event: string, listener: (value: never) => void): unknown;
  resume(): unknown;
}

/** The text of a request body: UTF-8, expanded if it is gzip or br, never more than the limits, compressed or expanded. */
export async function readBody(source: BodySource, limits: BodyLimits): Promise<string | BodyFault> {
  const fault = typeFault(source.header('content-type')) ?? lengthFault(source.header('content-length'), limits);
  if (fault) return fault;
  const encoding = source.header('content-encoding');
  const format = compressionFormat(encoding);
  if (format === undefined)
    return { status: 415, reason: `content-encoding ${encoding}: not supported; send plain, gzip or br` };
  const body = source.incoming
    ? await readIncoming(source.incoming, limits)
    : await readStream(source.stream(), limits, 'maxBodyBytes');
  if (!(body instanceof Uint8Array)) return body;
  const plain = format === null ? body : await expand(body, format, limits);
  if (!(plain instanceof Uint8Array)) return plain;
  limits.onText?.(plain.length);
  return decode(plain);
}

const textTypes = /^(?:text\/plain|application\/json)\s*(?:;\s*charset="?utf-?8"?\s*)?$/i;

function typeFault(contentType: string | undefined): BodyFault | null {
  if (contentType !== undefined && textTypes.test(contentType)) return null;
  return {
    status: 415,
    reason: `content-type ${contentType ?? 'missing'}: not supported; send text/plain or application/json in UTF-8`,
  };
}

function lengthFault(contentLength: string | undefined, { maxBodyBytes }: BodyLimits): BodyFault | null {
  return Number(contentLength) > maxBodyBytes ? tooLarge(maxBodyBytes, 'maxBodyBytes') : null;
}

function tooLarge(maxBytes: number, limit: 'maxBodyBytes' | 'maxExpandedBytes'): BodyFault {
  const what = limit === 'maxBodyBytes' ? 'body' : 'body, expanded';
  return { status: 413, reason: `${what}: over ${maxBytes} bytes (${limit}); send fewer events` };
}

/** Null for a plain body, undefined for an encoding we do not read. */
function compressionFormat(encoding: string | undefined): 'gzip' | 'brotli' | null | undefined {
  if (encoding === undefined || encoding === '') return null;
  switch (encoding.toLowerCase()) {
    case 'identity':
      return null;
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'br':
      return 'brotli';
    default:
      return undefined;
  }
}

function readIncoming(incoming: IncomingBody, limits: BodyLimits): Promise<Uint8Array | BodyFault> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const onData = (chunk: Uint8Array): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      const fault = pieceFault(bytes, chunk.length, limits, 'maxBodyBytes');
      if (!fault) return;
      incoming.off('data', onData);
      // The rest is let go by: to a client that is still sending when the connection ends, the answer may be lost.
      incoming.resume();
      resolve(fault);
    };
    incoming.on('data', onData);
    incoming.on('end', () => resolve(concat(chunks, bytes)));
    // After the end it changes nothing.
    incoming.on('close', () => resolve({ status: 400, reason: 'body: cut short; send it again' }));
  });
}

async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  limits: BodyLimits,
  limit: 'maxBodyBytes' | 'maxExpandedBytes',
): Promise<Uint8Array | BodyFault> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream ?? []) {
    bytes += chunk.length;
    chunks.push(chunk);
    const fault = pieceFault(bytes, chunk.length, limits, limit);
    // Leaving the loop cancels the stream.
    if (fault) return fault;
  }
  return concat(chunks, bytes);
}

function pieceFault(
  bytes: number,
  pieceBytes: number,
  limits: BodyLimits,
  limit: 'maxBodyBytes' | 'maxExpandedBytes',
): BodyFault | null {
  if (bytes > limits[limit]) return tooLarge(limits[limit], limit);
  if (limits.hold && !limits.hold(pieceBytes))
    return { status: 503, reason: 'collector: too many bodies under way; try again later' };
  return null;
}

/** Expands piece by piece and stops at the limit: 165 bytes of br can hold 100 MiB. */
async function expand(
  body: Uint8Array,
  format: 'gzip' | 'brotli',
  limits: BodyLimits,
): Promise<Uint8Array | BodyFault> {
  // TypeScript's list of formats is older than Node 22.18's, which has brotli.
  const expanding = new DecompressionStream(format as CompressionFormat);
  try {
    return await readStream(new Blob([body as BlobPart]).stream().pipeThrough(expanding), limits, 'maxExpandedBytes');
  } catch {
    return { status: 400, reason: `body: not ${format}, or cut short; send it again or uncompressed` };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string | BodyFault {
  try {
    return utf8.decode(bytes);
  } catch {
    return { status: 400, reason: 'body: not UTF-8; encode it as UTF-8' };
  }
}

function concat(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
