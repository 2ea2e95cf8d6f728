/** A gate in front of moto, which itself checks no signature: lets pass what S3 would, and remembers what was asked. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GateRequest {
  method: string;
  path: string;
  status: number;
  /** Bytes of the answer. */
  bytes: number;
}

export interface S3Gate {
  /** Such as `http://127.0.0.1:40001`: S3 with the bucket in the path, and Cognito. */
  endpoint: string;
  readonly requests: GateRequest[];
  /** Keys given out so far. */
  readonly issued: { accessKeyId: string; token: string; expiresAt: number }[];
  /** How long keys given out from now on work, milliseconds. */
  lifeMs: number;
  close(): Promise<void>;
}

/** @param moto address of the server behind */
export async function gateS3(moto: string): Promise<S3Gate> {
  const requests: GateRequest[] = [];
  const secrets = new Map<string, { secret: string; expiresAt: number }>();
  const gate: S3Gate = { endpoint: '', requests, issued: [], lifeMs: 3_600_000, close: async () => {} };

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const { method = 'GET', url = '/' } = request;
    const toCognito = method === 'POST';
    const refused = toCognito || method === 'OPTIONS' ? null : refusal(method, new URL(url, gate.endpoint), secrets);
    const answer: Answer = refused
      ? { status: 403, headers: { 'access-control-allow-origin': '*' }, body: Buffer.from(refused) }
      : await forward(moto, request, body);
    if (toCognito && answer.status === 200) answer.body = reissue(answer.body, gate, secrets);
    const path = decodeURIComponent(url.split('?')[0] ?? '');
    requests.push({ method, path, status: answer.status, bytes: answer.body.length });
    send(response, answer);
  };
  const server = createServer((request, response) => {
    void pass(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  gate.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  gate.close = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return gate;
}

/** Gives keys of their own in the place of moto's, which are always the same. */
function reissue(body: Buffer, gate: S3Gate, secrets: Map<string, { secret: string; expiresAt: number }>): Buffer {
  const said = JSON.parse(body.toString()) as { Credentials?: Record<string, string | number> };
  if (!said.Credentials) return body;
  const accessKeyId = `ASIA${String(secrets.size).padStart(16, '0')}`;
  const token = `token/${secrets.size}+==`;
  const expiresAt = Math.floor((Date.now() + gate.lifeMs) / 1000) * 1000;
  const secret = createHash('sha256').update(accessKeyId).digest('base64');
  secrets.set(token, { secret, expiresAt });
  gate.issued.push({ accessKeyId, token, expiresAt });
  Object.assign(said.Credentials, {
    AccessKeyId: accessKeyId,
    SecretKey: secret,
    SessionToken: token,
    Expiration: expiresAt / 1000,
  });
  return Buffer.from(JSON.stringify(said));
}

/** Percent-encoded but for letters, digits and `-._~`. */
const strict = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Why S3 would refuse; null if it would not. Written from the documentation, apart from what it checks. */
function refusal(
  method: string,
  url: URL,
  secrets: ReadonlyMap<string, { secret: string; expiresAt: number }>,
): string | null {
  const said = new Map(url.searchParams);
  const known = secrets.get(said.get('X-Amz-Security-Token') ?? '');
  if (!known) return 'InvalidToken';
  if (known.expiresAt <= Date.now()) return 'ExpiredToken';
  const signature = Buffer.from(said.get('X-Amz-Signature') ?? '', 'hex');
  said.delete('X-Amz-Signature');
  const query = [...said]
    .map(([name, value]) => `${strict(name)}=${strict(value)}`)
    .toSorted()
    .join('&');
  const path = decodeURIComponent(url.pathname).split('/').map(strict).join('/');
  const canonical = `${method}\n${path}\n${query}\nhost:${url.host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const scope = (said.get('X-Amz-Credential') ?? '').split('/').slice(1);
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', said.get('X-Amz-Date') ?? '', scope.join('/'), hash].join('\n');
  let key: Buffer = Buffer.from(`AWS4${known.secret}`);
  for (const part of [...scope, text]) key = createHmac('sha256', key).update(part).digest();
  return signature.length === key.length && timingSafeEqual(signature, key) ? null : 'SignatureDoesNotMatch';
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

async function forward(moto: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  const { host: _, ...rest } = headers;
  const asked = ask(new URL(url ?? '/', moto), { method, headers: rest });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 500, headers: response.headers, body: await readBody(response) };
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _, 'content-length': __, connection: ___, ...rest } = headers;
  response.writeHead(status, { ...rest, 'Content-Length': body.length });
  response.end(body);
}
