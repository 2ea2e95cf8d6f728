import type { Duplex } from 'node:stream';

/** Most bytes of a request's line and headers. */
export const maxHeaderBytes = 16_384;

/** Status line and reason. */
type Refusal = readonly [status: string, reason: string];

/** What to answer when Node's server can not read a request. Its own answer would be a status without a word. */
export function refusalOf({ code, reason, message }: Error & { code?: string; reason?: string }): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'request: took too long to arrive; send it again'];
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        `request: over ${maxHeaderBytes} bytes of headers; send fewer, or shorter cookies`,
      ];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['413 Payload Too Large', 'request: too many chunk extensions; send none'];
    default:
      return ['400 Bad Request', `request: not HTTP (${reason ?? message})`];
  }
}

/** Writes an answer on the bare connection, and ends that. */
export function refuseRequest(socket: Duplex, [status, reason]: Refusal, requestId: string): void {
  const body = JSON.stringify({ reason });
  const head = [
    `HTTP/1.1 ${status}`,
    ...Object.entries(refusalHeaders(requestId)).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  // Node may have taken its own listener off by now, and a fault that nobody hears ends the process.
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

export function refusalHeaders(requestId: string): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-store',
    'Request-Id': requestId,
  };
}
