/** Compresses batches on their way, where it pays. */
import type { BatchRequest, Options } from './options.ts';

export interface GzipOptions {
  /** Shorter bodies travel as they are, characters. Default 1,024. */
  minLength?: number;
}

/**
 * A `send` that compresses with gzip. Batches go uncompressed to another origin (the header would cost a preflight),
 * in a page that is being left (compressing would outlast it), and where the browser has no CompressionStream.
 *
 * @example
 * init({ send: gzip() });
 */
export function gzip({ minLength = 1024 }: GzipOptions = {}): NonNullable<Options['send']> {
  let leaving = false;
  addEventListener('pagehide', () => (leaving = true), true);
  addEventListener('pageshow', () => (leaving = false), true);
  return async (url, request) => {
    const own = new URL(url, location.href).origin === location.origin;
    const pays = own && !leaving && !document.hidden && request.body.length >= minLength;
    return pays && 'CompressionStream' in window ? fetch(url, await compressed(request)) : fetch(url, { ...request });
  };
}

async function compressed(request: BatchRequest): Promise<RequestInit> {
  const stream = new Blob([request.body]).stream().pipeThrough(new CompressionStream('gzip'));
  const headers = { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' };
  return { ...request, headers, body: await new Response(stream).blob() };
}
