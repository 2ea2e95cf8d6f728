import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** By action: what is answered, or a function of the input that says it; what has `__type` is an error. */
export type Answers = Record<string, object | ((input: Record<string, unknown>) => object)>;

/** A service that answers as a test tells it, where AWS does what no local Kinesis does. */
export async function serveAnswers(
  answers: Answers,
  headers: () => Record<string, string> = () => ({}),
): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = String(request.headers['x-amz-target']).split('.')[1]!;
      const input = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      const found = answers[action] ?? { __type: 'AccessDeniedException', message: `not authorized: ${action}` };
      const answer = typeof found === 'function' ? (found as (input: object) => object)(input) : found;
      const type = { 'content-type': 'application/x-amz-json-1.1' };
      response.writeHead('__type' in answer ? 400 : 200, { ...type, ...headers() }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
