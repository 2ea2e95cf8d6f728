/**
 * Cognito's identity pools and the front of Kinesis as a page meets them: guest keys that expire, and signatures that
 * are checked before a request goes on to a local Kinesis, which itself takes anything. Written from AWS's
 * documentation of Signature Version 4, apart from the SDK that it checks.
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface AwsGate {
  /** Of both services. */
  url: string;
  /** How long keys given out from now on work, milliseconds. */
  lifeMs: number;
  /** Keys given out so far. */
  readonly issued: { accessKeyId: string; expiresAt: number }[];
  /** Why requests were refused. */
  readonly refusals: string[];
  close(): void;
}

interface Keys {
  secret: string;
  expiresAt: number;
}

interface Answer {
  status: number;
  body: string;
}

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': '172800',
};

/** @param kinesisUrl what stands behind; a fault proxy, or a local Kinesis */
export async function openAwsGate(kinesisUrl: string, identityPoolId: string): Promise<AwsGate> {
  const identities = new Set<string>();
  const keys = new Map<string, Keys>();
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const gate: AwsGate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lifeMs: 3_600_000,
    issued: [],
    refusals: [],
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return gate;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const [service, action] = String(request.headers['x-amz-target']).split('.');
    const toKinesis = service === 'Kinesis_20131202' && action === 'PutRecords';
    const answer =
      request.method === 'OPTIONS'
        ? { status: 200, body: '' }
        : toKinesis
          ? await kinesis(request, body)
          : cognito(action ?? '', JSON.parse(body) as Record<string, string>);
    response.writeHead(answer.status, { ...cors, 'Content-Type': 'application/x-amz-json-1.1' }).end(answer.body);
  }

  function cognito(action: string, { IdentityPoolId, IdentityId = '' }: Record<string, string>): Answer {
    if (action === 'GetId') {
      if (IdentityPoolId !== identityPoolId) return refuse('ResourceNotFoundException');
      const id = `${identityPoolId.split(':')[0]}:guest-${identities.size}`;
      identities.add(id);
      return { status: 200, body: JSON.stringify({ IdentityId: id }) };
    }
    if (action !== 'GetCredentialsForIdentity') return refuse('InvalidAction');
    if (!identities.has(IdentityId)) return refuse('ResourceNotFoundException');
    return { status: 200, body: JSON.stringify({ IdentityId, Credentials: issue() }) };
  }

  function issue(): Record<string, string | number> {
    const AccessKeyId = `ASIA${String(keys.size).padStart(16, '0')}`;
    const SecretKey = createHash('sha256').update(AccessKeyId).digest('base64');
    const SessionToken = `token/${keys.size}+==`;
    const expiresAt = Date.now() + gate.lifeMs;
    keys.set(`${AccessKeyId} ${SessionToken}`, { secret: SecretKey, expiresAt });
    gate.issued.push({ accessKeyId: AccessKeyId, expiresAt });
    return { AccessKeyId, SecretKey, SessionToken, Expiration: expiresAt / 1000 };
  }

  async function kinesis(request: IncomingMessage, body: string): Promise<Answer> {
    const fault = faultOf(request, body, keys);
    if (fault) return refuse(fault);
    const { 'x-amz-target': target, authorization, 'x-amz-date': date } = request.headers as Record<string, string>;
    const headers = { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': target ?? '' };
    const signed = { ...headers, Authorization: authorization ?? '', 'X-Amz-Date': date ?? '' };
    const answer = await fetch(kinesisUrl, { method: 'POST', headers: signed, body });
    return { status: answer.status, body: await answer.text() };
  }

  function refuse(name: string): Answer {
    gate.refusals.push(name);
    return { status: 400, body: JSON.stringify({ __type: name, message: 'refused' }) };
  }
}

const hash = (part: string): string => createHash('sha256').update(part).digest('hex');

/** Why AWS would refuse; undefined if it would not. */
function faultOf({ headers, url = '/' }: IncomingMessage, body: string, keys: Map<string, Keys>): string | undefined {
  const said = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? '',
  );
  if (!said) return 'MissingAuthenticationTokenException';
  const [, accessKeyId, scope = '', names = '', signature] = said;
  const known = keys.get(`${accessKeyId} ${String(headers['x-amz-security-token'])}`);
  if (!known) return 'UnrecognizedClientException';
  if (known.expiresAt <= Date.now()) return 'ExpiredTokenException';
  for (const name of ['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target'])
    if (!names.split(';').includes(name)) return 'InvalidSignatureException';
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = ['POST', url, '', lines.join(''), names, hash(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, hash(canonical)].join('\n');
  let key: Buffer = Buffer.from(`AWS4${known.secret}`);
  for (const part of [...scope.split('/'), toSign]) key = createHmac('sha256', key).update(part).digest();
  return key.toString('hex') === signature ? undefined : 'InvalidSignatureException';
}
