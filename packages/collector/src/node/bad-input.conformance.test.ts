import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { openMemory } from '@taphouse/streams/memory';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCollector } from '../collector.ts';
import type { Question } from '../testing/collector-process.ts';
import { listen, type Listening } from './listen.ts';

const good = '{"user_id":1,"device_id":"mobile","client_event":"x","client_timestamp":NOW}';
const withEvent = (event: string): string => `{"events":[${event},${good.replace('NOW', String(Date.now()))}]}`;
const withField = (field: string): string =>
  withEvent(good.replace('NOW', String(Date.now())).replace('{', `{${field},`));

/** A batch of 1,000 visitors. */
function thousand(propertiesOf: (i: number) => object): string {
  const event = { device_id: 'd', client_event: 'x', client_timestamp: Date.now() };
  const events = Array.from({ length: 1000 }, (_, i) => ({
    event_id: `e${i}`,
    user_id: `u${i}`,
    ...event,
    properties: propertiesOf(i),
  }));
  return JSON.stringify({ events });
}

describe('in a process of its own', () => {
  let folder: string;
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'taphouse-bad-'));
    const file = join(import.meta.dirname, '../testing/collector-process.ts');
    child = fork(file, [folder, '0', String(1024 ** 3)], { execArgv: ['--expose-gc'], silent: true });
    [url] = (await once(child, 'message')) as [string];
  });
  afterAll(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  });

  const post = async (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> => {
    const init = { method: 'POST', body: body as BodyInit, headers: { 'Content-Type': 'text/plain', ...headers } };
    const answer = await fetch(`${url}/v1/events`, init);
    const text = await answer.text();
    return { status: answer.status, ...(text === '' ? {} : (JSON.parse(text) as object)) };
  };

  /** Bodies of which nothing can be read. */
  const unreadable: [string, string | Uint8Array, Record<string, string>?][] = [
    ['nothing', ''],
    ['half a batch', '{"events":['],
    ['HTML', '<html></html>'],
    ['a form', 'events=1'],
    ['NaN', withEvent('NaN')],
    ['a comma too many', '{"events":[{},]}'],
    ['single quotes', "{'events':[]}"],
    ['a raw line break in a string', '{"events":["\n"]}'],
    ['a NUL', '{"events":[\0]}'],
    ['a lone number', '1e999'],
    ['no events', '{"events":[]}'],
    ['too many events', `{"events":[${Array(1001).fill('{}').join(',')}]}`],
    ['arrays 100,000 deep', '['.repeat(100_000)],
    ['an event 100,000 deep', withField(`"properties":${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
    ['objects 100,000 deep', '{"a":'.repeat(100_000)],
    ['90,000 keys', `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join(',')},"events":[]}`],
    ['an event of 90,000 keys', withEvent(`{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join(',')}}`)],
    ['a million empty objects', gzipSync(`{"events":[${'{},'.repeat(1_000_000)}{}]}`), { 'Content-Encoding': 'gzip' }],
    ['UTF-16', Buffer.from('{"events":[]}', 'utf16le')],
    ['half a UTF-8 character', Buffer.from([...Buffer.from('{"events":["'), 0xe2, 0x82])],
    ['overlong UTF-8', Buffer.from([0xc1, 0xbf])],
    ['half a gzip', gzipSync(withEvent('{}')).subarray(0, 20), { 'Content-Encoding': 'gzip' }],
    ['gzip that is none', 'x', { 'Content-Encoding': 'gzip' }],
    ['br that is none', 'x', { 'Content-Encoding': 'br' }],
  ];
  it.each(unreadable)('%s is answered 400 with a reason', async (_, body, headers) => {
    const { status, reason } = await post(body, headers);
    expect(status).toBe(400);
    expect(reason).toMatch(/^(?:body|events): /);
  });

  /** JSON of one event beside a good one. */
  const bad: [string, string, RegExp][] = [
    ['null', 'null', /^event: /],
    ['an array', '[[]]', /^event: /],
    ['nothing in it', '{}', /^user_id: /],
    ['only __proto__', '{"__proto__":{"user_id":1}}', /^user_id: /],
    ['a lone surrogate', String.raw`{"user_id":"\ud800"}`, /^user_id: half of a surrogate pair/],
    ['an escaped NUL', String.raw`{"user_id":"a\u0000"}`, /^user_id: contains a NUL/],
    ['text turned around', '{"user_id":"a\u202eb"}', /^user_id: contains a control/],
    ['an id that is an object', '{"user_id":{"toString":1}}', /^user_id: not text/],
    ['a huge number', '{"user_id":1e400}', /^user_id: not text/],
    ['a time of 1e999', good.replace('NOW', '1e999'), /^client_timestamp: not a time/],
    ['a time of 1970', good.replace('NOW', '0'), /^client_timestamp: older/],
    ['a time of 9999', good.replace('NOW', '"9999-12-31T23:59:59Z"'), /^client_timestamp: more than/],
    ['a day that is none', good.replace('NOW', '"2026-02-30T00:00:00Z"'), /^client_timestamp: not a time/],
    ['an offset that is none', good.replace('NOW', '"2026-11-23T00:00:00+99:00"'), /^client_timestamp: not a time/],
    ['a deep property', good.replace('NOW', `${Date.now()},"properties":{"a":[[[1]]]}`), /^properties.a: not text/],
  ];
  it.each(bad)('an event with %s is answered 200 with its index and reason', async (_, event, reason) => {
    const { status, accepted, rejected } = await post(withEvent(event));
    expect(status).toBe(200);
    expect(accepted).toBe(1);
    expect(rejected).toEqual([{ index: 0, reason: expect.stringMatching(reason) as string }]);
  });

  const odd: [string, string][] = [
    ['duplicate keys', '"user_id":2'],
    ['a field nobody knows', '"constructor":{"prototype":[]}'],
    ['Hebrew with its own direction marks', '"page_title":"\u200fשלום\u200e"'],
    ['a property called __proto__', '"properties":{"__proto__":"x"}'],
    ['1e999 where nobody looks', '"unknown":1e999'],
  ];
  it.each(odd)('an event with %s is taken', async (_, field) => {
    expect((await post(withField(field))).status).toBe(204);
  });

  const texts = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`text${i}`, 'x'.repeat(950)]));
  /** The most work that one body can be, good and bad. */
  const heavy: [string, string][] = [
    ['a million empty objects', `{"events":[${'{},'.repeat(1_000_000)}{}]}`],
    ['90,000 keys', `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join()},"events":[]}`],
    ['arrays 100,000 deep', '['.repeat(100_000)],
    [
      'as many values as there may be',
      thousand((i) => Object.fromEntries(Array.from({ length: 16 }, (_, k) => [`k${i}_${k}`, k]))),
    ],
    ['1,000 visitors of 5 kB', thousand(() => texts)],
    ['1,000 events each written in another way', thousand((i) => ({ ...texts, [`k${i}`]: 1 }))],
    ['5 MB of escapes', `{"x":"${'\\u0061'.repeat(860_000)}","events":[{}]}`],
    ['90,000 long numbers', `{"x":[${'123456789012345678901234567890e-5,'.repeat(90_000)}1],"events":[{}]}`],
    ['1,000 events with a text too long', thousand(() => ({ ...texts, long: 'x'.repeat(1025) }))],
    ['5 MB of spaces', `${' '.repeat(5_242_000)}{}`],
  ];
  // Some 50 ms of the processor. Machines are slow, and not evenly so: the least of each is compared.
  it.each(heavy)('%s, as gzip, hold the event loop no longer than it takes to parse 15 MiB', async (_, body) => {
    const zipped = gzipSync(body);
    const send = (): Promise<Answer> => post(zipped, { 'Content-Encoding': 'gzip' });
    // The first of its kind is for the compiler.
    await send();
    await stall(child);
    const stalls: number[] = [];
    const parses: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { status } = await send();
      expect([200, 204, 400, 413]).toContain(status);
      stalls.push(await stall(child));
      parses.push(await ask(child, 'parse'));
      await stall(child);
    }
    expect(Math.min(...stalls)).toBeLessThan(Math.min(...parses));
  });

  const bombs: [string, Uint8Array, string][] = [
    ['gzip', gzipSync(Buffer.alloc(100 * 1024 ** 2)), 'gzip'],
    [
      'br',
      brotliCompressSync(Buffer.alloc(100 * 1024 ** 2), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
      'br',
    ],
  ];
  it.each(bombs)('a %s bomb of 100 MiB is answered 413, and memory does not keep it', async (_, body, encoding) => {
    await Promise.all(Array.from({ length: 16 }, () => post(body, { 'Content-Encoding': encoding })));
    const before = await memory(child);
    const answers = await Promise.all(Array.from({ length: 64 }, () => post(body, { 'Content-Encoding': encoding })));
    for (const { status } of answers) expect([413, 503]).toContain(status);
    expect(answers.some(({ status }) => status === 413)).toBe(true);
    // What is being let go of still counts for a moment.
    await expect.poll(async () => (await memory(child)) - before, { timeout: 10_000 }).toBeLessThan(64 * 1024 ** 2);
  });

  it('bodies of 10 MB are answered 413, and memory does not keep them', async () => {
    const body = 'x'.repeat(10_000_000);
    const before = await memory(child);
    // A client that goes on sending after the answer may find the connection gone before it reads it.
    const answers = await Promise.allSettled(Array.from({ length: 32 }, () => post(body)));
    const statuses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.status] : []));
    expect(new Set(statuses)).toEqual(new Set([413]));
    // What is being let go of still counts for a moment.
    await expect.poll(async () => (await memory(child)) - before, { timeout: 10_000 }).toBeLessThan(64 * 1024 ** 2);
  });

  it('and it still takes a good batch after all that', async () => {
    expect((await post(withEvent(good.replace('NOW', String(Date.now()))))).status).toBe(204);
    expect(child.exitCode).toBeNull();
  });
});

describe('on the wire', () => {
  let listening: Listening;
  afterEach(() => listening.close());

  const start = async (): Promise<void> => {
    const app = createCollector({ stream: openMemory(), deadLetters: { append: async () => {} } });
    listening = await listen({ app, port: 0, headersTimeoutMs: 500, requestTimeoutMs: 1200 });
  };
  /** All that comes back for raw bytes, until the server ends the connection. */
  const wire = async (...pieces: string[]): Promise<string> => {
    const socket = connect(Number(new URL(listening.url).port), '127.0.0.1');
    for (const piece of pieces) socket.write(piece);
    let text = '';
    for await (const data of socket) text += String(data);
    return text;
  };
  const head = 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n';

  it.each([
    ['headers that never end are answered 408', ['POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Slow: '], '408'],
    ['a body that never comes is answered 408', [`${head}Content-Length: 100\r\n\r\n{"events"`], '408'],
    ['a chunked body that never ends is answered 408', [`${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"eve`], '408'],
    [
      'a flood of headers is answered 431',
      [head, ...Array(300).fill(`X-Flood: ${'x'.repeat(100)}\r\n`), '\r\n'],
      '431',
    ],
    ['a flood in one header is answered 431', [`${head}X-Flood: ${'x'.repeat(20_000)}\r\n\r\n`], '431'],
    ['two lengths are answered 400', [`${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`], '400'],
    [
      'length and chunks at once are answered 400',
      [`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
      '400',
    ],
    ['a chunk of no size is answered 400', [`${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`], '400'],
    ['what is no HTTP is answered 400', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'], '400'],
    ['a length over the limit is answered 413 before the body', [`${head}Content-Length: 99999999\r\n\r\n`], '413'],
    ['a length that is none is answered 400', [`${head}Content-Length: -1\r\n\r\n`], '400'],
    ['a host that is none is answered 400', ['GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'], '400'],
    ['a star for a path is answered 400', ['OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'], '400'],
    [
      'the address of another host is answered 400',
      ['GET ftp://y/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
      '400',
    ],
    ['what is for a proxy is answered 405', ['CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n'], '405'],
  ])('%s, with the reason and an id', async (_, pieces, status) => {
    await start();
    const answer = await wire(...(pieces as string[]));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/\r\nRequest-Id: [\w-]+\r\n/i);
    expect(answer).toMatch(/"reason":"(?:request|body|CONNECT): .+"\}$/);
  });

  it('a request without a host, as HTTP/1.0 has none, is answered', async () => {
    await start();
    expect(await wire('GET /health HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await wire('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('what follows a good request in one piece, and is none, does not spoil its answer', async () => {
    await start();
    const answer = await wire('GET /health HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 (?:200|400) /);
    expect(answer.match(/HTTP\/1\.1/g)!.length).toBeLessThanOrEqual(2);
  });

  it('a client that sends half a body and leaves does no harm', async () => {
    await start();
    const socket = connect(Number(new URL(listening.url).port), '127.0.0.1');
    await new Promise<void>((resolve) => socket.write(`${head}Content-Length: 100\r\n\r\n{"events"`, () => resolve()));
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(`${listening.url}/health`)).status).toBe(200);
  });

  it('a client that closes its half of the connection still gets its answer', async () => {
    await start();
    const body = withEvent('{}');
    const socket = connect({ port: Number(new URL(listening.url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.end(`${head}Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    let text = '';
    for await (const data of socket) text += String(data);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('%s of the events route is answered 405', async (method) => {
    await start();
    expect((await fetch(`${listening.url}/v1/events`, { method })).status).toBe(405);
  });
});

interface Answer {
  status: number;
  reason?: string;
  accepted?: number;
  rejected?: { index: number; reason: string }[];
}

/** Longest time the process was busy in one go since it was last asked, milliseconds of its main thread. */
async function stall(child: ChildProcess): Promise<number> {
  // One more turn, in which the last one is counted.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return ask(child, 'stall');
}

/** Bytes the process holds after collecting garbage. */
const memory = (child: ChildProcess): Promise<number> => ask(child, 'memory');

async function ask(child: ChildProcess, question: Question): Promise<number> {
  child.send(question);
  const [answer] = (await once(child, 'message')) as [number];
  return answer;
}
