/** What every collector does, wherever it runs: the suite for the app itself, for a real server and for a Lambda. */
import { createHmac } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type ClickEvent, decodeEvents, limits, type LiveMessage, partitionKey } from '@taphouse/schema';
import { StreamFullError, type StreamRecord, StreamUnavailableError } from '@taphouse/streams';
import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CollectorOptions, createCollector } from '../collector.ts';
import type { DeadLetter } from '../dead-letter.ts';
import { signedIdentity } from '../identity.ts';
import type { LogLine } from '../log-line.ts';

/** A collector that can be asked. */
export interface ServedCollector {
  request: Ask;
  close: () => Promise<void>;
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

export interface SuiteOptions {
  /** Serves an app in the way under test. */
  serve: (app: Hono) => Promise<ServedCollector>;
  /** Address of the caller as the server sees it, cut; null where only X-Forwarded-For tells. */
  socketIp: string | null;
  /** Whether answers may go on without end. */
  streams: boolean;
}

const time = 1_800_000_000_000;
const secret = 'a secret of at least thirty-two characters';

/** Runs the suite under `name`. */
export function testCollector(name: string, { serve, socketIp, streams }: SuiteOptions): void {
  describe(`collector: ${name}`, () => {
    let served: ServedCollector | undefined;
    let appends: StreamRecord[][];
    let letters: DeadLetter[];
    let lines: LogLine[];
    let failure: Error | undefined;
    let now: number;

    beforeEach(() => {
      [appends, letters, lines, failure, now] = [[], [], [], undefined, time];
    });
    afterEach(() => served?.close());

    const start = async (options: Partial<CollectorOptions> = {}): Promise<Ask> => {
      const stream = {
        append: async (records: readonly StreamRecord[]): Promise<void> => {
          if (failure) throw failure;
          appends.push([...records]);
        },
      };
      const deadLetters = {
        append: async (more: readonly DeadLetter[]): Promise<void> => void letters.push(...more),
      };
      served = await serve(
        createCollector({ stream, deadLetters, now: () => now, log: (line) => lines.push(line), ...options }),
      );
      return served.request;
    };
    const stored = (): ClickEvent[] => appends.flat().flatMap(({ data }) => decodeEvents(data));
    const metric = async (line: string): Promise<number | undefined> => {
      const text = await (await served!.request('/metrics')).text();
      const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
      return found === undefined ? undefined : Number(found.slice(line.length + 1));
    };

    it('stores nothing of a user it refuses, neither events nor letters, and answers as ever', async () => {
      const request = await start({ refuses: (userId) => userId === 'gone' });
      const event = (user_id: string | number, more: object = {}): object => {
        return {
          event_id: `of-${user_id}`,
          user_id,
          device_id: 'm',
          client_event: 'e',
          client_timestamp: time,
          ...more,
        };
      };
      const send = (events: object[], more: object = {}): Promise<Response> =>
        request('/v1/events', { method: 'POST', body: JSON.stringify({ events, ...more }) });
      expect((await send([event('gone')])).status).toBe(204);
      expect((await send([event('stays'), event('gone')])).status).toBe(204);
      expect(
        (
          await send([{ event_id: 'c', client_event: 'e', client_timestamp: time }], {
            context: { user_id: 'gone', device_id: 'm' },
          })
        ).status,
      ).toBe(204);
      expect(
        (await send([event('gone', { client_timestamp: 'noon' }), event('stays', { client_timestamp: 'noon' })]))
          .status,
      ).toBe(400);
      const shared = { context: { user_id: 'gone', device_id: 'm' } };
      expect((await send([{ client_event: 'e', client_timestamp: 'noon' }], shared)).status).toBe(400);
      const unreadable = ['"gone"', String.raw`"\u0067one"`].map((name) => `{"events":[{"user_id" : ${name}`);
      unreadable.push(`{"events":[{"x":"${'x'.repeat(5000)}","user_id":"gone"`);
      for (const body of unreadable) expect((await request('/v1/events', { method: 'POST', body })).status).toBe(400);
      expect(stored().map(({ event_id }) => event_id)).toEqual(['of-stays']);
      expect(letters.map((letter) => letter.event)).toEqual([event('stays', { client_timestamp: 'noon' })]);
    });

    it('keeps a user_id that is none for what it is, where some users are refused', async () => {
      const request = await start({ refuses: (userId) => userId === 'gone' });
      const odd = event({ user_id: { toString: 1, valueOf: 1 } });
      const answer = await request('/v1/events', post(batch([event(), odd])));
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ rejected: [{ index: 1, reason: 'user_id: not text' }] });
      expect(letters.map((letter) => letter.event)).toEqual([odd]);
    });

    it('keeps a refused event with the user_id that it shares, by which it can be erased', async () => {
      const request = await start();
      const context = { user_id: 'ann', device_id: 'm' };
      await request('/v1/events', post(batch([{ client_event: 'e', client_timestamp: 'noon' }], { context })));
      expect(letters.map((letter) => letter.event)).toEqual([
        { user_id: 'ann', client_event: 'e', client_timestamp: 'noon' },
      ]);
    });

    describe('a batch', () => {
      it('is answered 204 once everything is stored', async () => {
        const request = await start();
        const answer = await request('/v1/events', post(batch([event(), event({ event_id: 'e-2' })])));
        expect(answer.status).toBe(204);
        expect(await answer.text()).toBe('');
        expect(stored().map(({ event_id }) => event_id)).toEqual(['e-1', 'e-2']);
        expect(stored()[0]).toMatchObject({ user_id: '7', received_at: time, client_timestamp: time, ip: socketIp });
      });

      it('is not answered before the append is done', async () => {
        const done = Promise.withResolvers<void>();
        const reached = Promise.withResolvers<void>();
        const append = async (): Promise<void> => {
          reached.resolve();
          await done.promise;
        };
        const request = await start({ stream: { append } });
        let answered = false;
        const answering = request('/v1/events', post(batch([event()]))).finally(() => (answered = true));
        await reached.promise;
        await new Promise((resolve) => setTimeout(resolve, 30));
        expect(answered).toBe(false);
        done.resolve();
        expect((await answering).status).toBe(204);
      });

      it('is answered 200 with index and reason of each bad event; the good are stored, the bad kept', async () => {
        const request = await start();
        const events: unknown[] = Array.from({ length: 500 }, (_, i) => event({ event_id: `e-${i}` }));
        const bad = event({ device_id: true });
        const answer = await request('/v1/events', post(batch(events.with(250, bad))));
        const reason = 'device_id: not text';
        expect(answer.status).toBe(200);
        expect(await answer.json()).toEqual({ accepted: 499, rejected: [{ index: 250, reason }] });
        expect(stored()).toHaveLength(499);
        expect(letters).toEqual([{ received_at: time, index: 250, reason, event: bad }]);
        expect(await metric('taphouse_events_total')).toBe(499);
        expect(await metric('taphouse_refused_total{reason="device_id"}')).toBe(1);
      });

      it('with no good event is answered 400 with the reasons, and appends nothing', async () => {
        const request = await start();
        const answer = await request('/v1/events', post(batch([event({ user_id: null }), 7])));
        expect(answer.status).toBe(400);
        expect(await answer.json()).toEqual({
          accepted: 0,
          rejected: [
            { index: 0, reason: 'user_id: missing' },
            { index: 1, reason: 'event: not a JSON object' },
          ],
        });
        expect(appends).toEqual([]);
        expect(letters.map(({ index }) => index)).toEqual([0, 1]);
      });

      it('that is none is answered 400 with the reason, and its beginning is kept', async () => {
        const request = await start();
        const answer = await request('/v1/events', post(`not JSON ${'x'.repeat(5000)}`));
        const reason = 'body: not JSON; send {"events": [ ... ]}';
        expect(answer.status).toBe(400);
        expect(await answer.json()).toEqual({ accepted: 0, rejected: [], reason });
        expect(letters).toMatchObject([{ index: null, reason, received_at: time }]);
        expect(String(letters[0]?.event)).toHaveLength(2048);
      });

      it('makes one append, of one record for each visitor and device, in the order of the batch', async () => {
        const request = await start();
        const users = ['a', 'b', 'a', 'c', 'b', 'a'];
        await request('/v1/events', post(batch(users.map((user_id, i) => event({ user_id, event_id: `e-${i}` })))));
        expect(appends).toHaveLength(1);
        expect(appends[0]!.map(({ partitionKey, data }) => [partitionKey, idsOf(data)])).toEqual([
          [partitionKey('a', 'mobile'), ['e-0', 'e-2', 'e-5']],
          [partitionKey('b', 'mobile'), ['e-1', 'e-4']],
          [partitionKey('c', 'mobile'), ['e-3']],
        ]);
      });

      it('too large for one record becomes several, none over 1 MiB, in order', async () => {
        const request = await start();
        const properties = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`k${i}`, '啤'.repeat(1000)]));
        const events = Array.from({ length: 90 }, (_, i) => event({ event_id: `e-${i}`, properties }));
        const body = gzipSync(batch(events));
        expect((await request('/v1/events', post(body, { 'Content-Encoding': 'gzip' }))).status).toBe(204);
        expect(appends[0]!.length).toBeGreaterThan(1);
        for (const { data } of appends[0]!) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(1_048_576);
        expect(stored().map(({ event_id }) => event_id)).toEqual(events.map(({ event_id }) => event_id));
      });

      it.each([
        ['full', new StreamFullError('full'), 'collector: its log is full; try again later'],
        ['unavailable', new StreamUnavailableError('gone'), 'collector: its log takes nothing; try again later'],
        ['unavailable', new Error('anything else'), 'collector: its log takes nothing; try again later'],
      ])('is answered 503 with Retry-After when the stream is %s', async (cause, error, reason) => {
        const request = await start();
        failure = error;
        const answer = await request('/v1/events', post(batch([event(), event({ user_id: null })])));
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toBe('5');
        expect(await answer.json()).toEqual({ accepted: 0, rejected: [], reason });
        expect(answer.headers.get('set-cookie')).toBeNull();
        expect(letters).toEqual([]);
        expect(await metric(`taphouse_append_failures_total{cause="${cause}"}`)).toBe(1);
        expect(lines).toContainEqual(expect.objectContaining({ level: 'error', reason: error.message }));
        failure = undefined;
        expect((await request('/v1/events', post(batch([event()])))).status).toBe(204);
      });

      it('is settled even if its dead letters are lost, which is counted', async () => {
        const request = await start({ deadLetters: { append: () => Promise.reject(new Error('no space')) } });
        expect((await request('/v1/events', post(batch([event(), 7])))).status).toBe(200);
        expect(stored()).toHaveLength(1);
        expect(await metric('taphouse_dead_letters_lost_total')).toBe(1);
      });

      it('is counted in bytes of its text, expanded, whatever the characters', async () => {
        const request = await start();
        const text = batch([event({ page_title: '啤酒 🍺' })]);
        await request('/v1/events', post(gzipSync(text), { 'Content-Encoding': 'gzip' }));
        await request('/v1/events', post(text));
        expect(await metric('taphouse_bytes_total')).toBe(2 * Buffer.byteLength(text));
      });

      it('tells what its SDK had to drop, for the metrics', async () => {
        const request = await start();
        await request('/v1/events', post(batch([event()], { dropped: 12 })));
        expect(await metric('taphouse_sdk_dropped_total')).toBe(12);
      });
    });

    describe('a body', () => {
      it.each([
        ['plain', (text: string) => text, {}],
        ['gzip', gzipSync, { 'Content-Encoding': 'gzip' }],
        ['br', brotliCompressSync, { 'Content-Encoding': 'br' }],
        ['identity', (text: string) => text, { 'Content-Encoding': 'identity' }],
        ['JSON', (text: string) => text, { 'Content-Type': 'application/json; charset=utf-8' }],
        ['text with a charset', (text: string) => text, { 'Content-Type': 'text/plain;charset=UTF-8' }],
      ])('may be %s', async (_, encode, headers) => {
        const request = await start();
        const answer = await request(
          '/v1/events',
          post(encode(batch([event({ page_title: 'жигулёвское 🍺' })])), headers),
        );
        expect(answer.status).toBe(204);
        expect(stored()[0]?.page_title).toBe('жигулёвское 🍺');
      });

      it.each([
        [{ 'Content-Type': 'application/x-www-form-urlencoded' }, 'content-type application/x-www-form-urlencoded'],
        [{ 'Content-Type': 'text/plain; charset=utf-16' }, 'content-type text/plain; charset=utf-16'],
        [{ 'Content-Type': 'multipart/form-data; boundary=x' }, 'content-type multipart/form-data; boundary=x'],
        [{ 'Content-Encoding': 'zstd' }, 'content-encoding zstd'],
        [{ 'Content-Encoding': 'gzip, gzip' }, 'content-encoding gzip, gzip'],
      ])('of %j is answered 415', async (headers, subject) => {
        const request = await start();
        const answer = await request('/v1/events', post(batch([event()]), headers));
        expect(answer.status).toBe(415);
        expect(await answer.json()).toMatchObject({
          reason: expect.stringContaining(`${subject}: not supported; send`) as string,
        });
      });

      it('over the limit as sent is answered 413 with the limit in bytes', async () => {
        const request = await start();
        const answer = await request('/v1/events', post('x'.repeat(limits.maxBodyBytes + 1)));
        expect(answer.status).toBe(413);
        expect(await answer.json()).toMatchObject({
          reason: 'body: over 1048576 bytes (maxBodyBytes); send fewer events',
        });
        const atLimit = batch([event()]).padEnd(limits.maxBodyBytes, ' ');
        expect((await request('/v1/events', post(atLimit))).status).toBe(204);
      });

      it.each([
        ['gzip', gzipSync],
        ['br', brotliCompressSync],
      ])('over the limit once expanded from %s is answered 413 with the limit in bytes', async (encoding, encode) => {
        const request = await start();
        const body = encode(Buffer.alloc(limits.maxExpandedBytes + 1, 0x20));
        expect(body.length).toBeLessThan(20_000);
        const answer = await request('/v1/events', post(body, { 'Content-Encoding': encoding }));
        expect(answer.status).toBe(413);
        expect(await answer.json()).toMatchObject({
          reason: 'body, expanded: over 5242880 bytes (maxExpandedBytes); send fewer events',
        });
      });

      it.each([
        ['gzip', Buffer.from('not gzip')],
        ['gzip', gzipSync(batch([event()])).subarray(0, -12)],
        ['gzip', Buffer.concat([gzipSync(batch([event()])), Buffer.from('more')])],
        ['br', Buffer.from('not br')],
        ['br', brotliCompressSync(batch([event()])).subarray(0, -5)],
      ])('that is no whole %s is answered 400', async (encoding, body) => {
        const request = await start();
        const answer = await request('/v1/events', post(body, { 'Content-Encoding': encoding }));
        expect(answer.status).toBe(400);
        expect(await answer.json()).toMatchObject({
          reason: expect.stringMatching(/^body: not (gzip|brotli), or cut short/) as string,
        });
        expect(appends).toEqual([]);
      });

      it('that is not UTF-8 is answered 400', async () => {
        const request = await start();
        for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
          const answer = await request('/v1/events', post(Buffer.from(bytes)));
          expect(answer.status).toBe(400);
          expect(await answer.json()).toMatchObject({ reason: 'body: not UTF-8; encode it as UTF-8' });
        }
      });

      it('that is empty is answered 400', async () => {
        const request = await start();
        expect((await request('/v1/events', post(''))).status).toBe(400);
      });
    });

    describe('keys and origins', () => {
      const writeKeys = ['open', { key: 'shop', origins: ['https://shop.example'] }];

      it('any page may send, and read the answer, where no keys are asked for', async () => {
        const request = await start();
        const answer = await sendWithKey(request, undefined, 'https://any.example');
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
        expect(answer.headers.get('access-control-expose-headers')).toBe('Retry-After, Date, Request-Id');
      });

      it('an unknown or missing key is answered 401, and nothing is stored', async () => {
        const request = await start({ writeKeys });
        for (const key of [undefined, 'other', '__proto__', '']) {
          const answer = await sendWithKey(request, key);
          expect(answer.status).toBe(401);
          expect(await answer.json()).toMatchObject({
            reason: expect.stringContaining('write_key: unknown') as string,
          });
        }
        expect(appends).toEqual([]);
      });

      it('a key is taken from its own origins and from servers, which have none', async () => {
        const request = await start({ writeKeys });
        const answer = await sendWithKey(request, 'shop', 'https://shop.example');
        expect(answer.status).toBe(204);
        expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
        expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
        expect(answer.headers.get('vary')).toBe('Origin');
        expect((await sendWithKey(request, 'shop')).status).toBe(204);
        expect((await sendWithKey(request, 'open', 'https://any.example')).status).toBe(204);
      });

      it('a key from another origin is answered 403, which the page may not read', async () => {
        const request = await start({ writeKeys });
        for (const origin of [
          'https://shop.example.evil',
          'http://shop.example',
          'https://shop.example:8443',
          'null',
        ]) {
          const answer = await sendWithKey(request, 'shop', origin);
          expect(answer.status).toBe(403);
          expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        }
        expect(appends).toEqual([]);
      });

      it('a preflight is told what may be sent, or 403', async () => {
        const request = await start({ writeKeys: [{ key: 'shop', origins: ['https://shop.example'] }] });
        const preflight = (origin: string): Promise<Response> =>
          request('/v1/events', {
            method: 'OPTIONS',
            headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
          });
        const allowed = await preflight('https://shop.example');
        expect(allowed.status).toBe(204);
        expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
        expect(allowed.headers.get('access-control-allow-methods')).toBe('POST');
        expect(allowed.headers.get('access-control-allow-headers')).toBe('Content-Type, Content-Encoding');
        const refused = await preflight('https://other.example');
        expect(refused.status).toBe(403);
        expect(refused.headers.get('access-control-allow-origin')).toBeNull();
      });
    });

    describe('cookies', () => {
      it('acknowledge a batch by its id, on 204 only', async () => {
        const request = await start();
        const answer = await request('/v1/events', post(batch([event()], { batch_id: 'b-1' })));
        expect(answer.headers.getSetCookie()).toEqual(['taphouse_ack_b-1=1; Path=/; Max-Age=600; SameSite=Lax']);
        const partly = await request('/v1/events', post(batch([event(), 7], { batch_id: 'b-2' })));
        expect(partly.status).toBe(200);
        expect(partly.headers.getSetCookie()).toEqual([]);
      });

      it('take no id that would write another cookie', async () => {
        const request = await start();
        for (const batch_id of ['a;b', 'a=b', 'a\r\nSet-Cookie: x=y', 'ü', 'x'.repeat(65)])
          expect((await request('/v1/events', post(batch([event()], { batch_id })))).headers.getSetCookie()).toEqual(
            [],
          );
      });

      it('keep a device id for 400 days when the SDK asks, and not against Sec-GPC', async () => {
        const request = await start();
        const answer = await request('/v1/events?device=d-1', post(batch([event()])));
        expect(answer.headers.getSetCookie()).toEqual(['taphouse_device=d-1; Path=/; Max-Age=34560000; SameSite=Lax']);
        const opposed = await request('/v1/events?device=d-1', post(batch([event()]), { 'Sec-GPC': '1' }));
        expect(opposed.headers.getSetCookie()).toEqual([]);
        const forged = await request('/v1/events?device=a;b', post(batch([event()])));
        expect(forged.headers.getSetCookie()).toEqual([]);
      });
    });

    describe('what is known of the sender', () => {
      const iphone =
        'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1';

      it('is the user agent, and the kind of device it names, unless the event names one', async () => {
        const request = await start();
        const events = [event(), event({ device_type: 'tablet' })];
        await request('/v1/events', post(batch(events), { 'User-Agent': iphone }));
        expect(stored().map(({ device_type }) => device_type)).toEqual(['mobile', 'tablet']);
        expect(stored()[0]?.user_agent).toBe(iphone);
      });

      it('marks bots, and stores what they send', async () => {
        const request = await start();
        const agent = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
        await request('/v1/events', post(batch([event()]), { 'User-Agent': agent }));
        expect(stored()[0]?.properties).toEqual({ taphouse_bot: 'true' });
      });

      it('is the address that our own proxies saw, cut to its network', async () => {
        const request = await start({ trustedHops: 2 });
        const forwarded = { 'X-Forwarded-For': '6.6.6.6, 203.0.113.77, 10.0.0.1' };
        await request('/v1/events', post(batch([event()]), forwarded));
        expect(stored()[0]?.ip).toBe('203.0.113.0');
      });

      it('is no address at all if none is to be stored', async () => {
        const request = await start({ ip: 'none', trustedHops: 1 });
        await request('/v1/events', post(batch([event()]), { 'X-Forwarded-For': '203.0.113.77' }));
        expect(stored()[0]?.ip).toBeNull();
      });

      it('is neither address nor user agent under Sec-GPC', async () => {
        const request = await start({ trustedHops: 1 });
        const headers = { 'X-Forwarded-For': '203.0.113.77', 'User-Agent': iphone, 'Sec-GPC': '1' };
        await request('/v1/events', post(batch([event()]), headers));
        expect(stored()[0]).toMatchObject({ ip: null, user_agent: null, device_type: 'mobile' });
      });
    });

    describe('too much', () => {
      it('from one key and address is answered 429 until its bucket has filled', async () => {
        const request = await start({ rateLimit: { eventsPerSecond: 10, burst: 20 }, trustedHops: 1 });
        const send = (address: string): Promise<Response> =>
          request('/v1/events', post(batch(Array.from({ length: 30 }, () => event())), { 'X-Forwarded-For': address }));
        expect((await send('203.0.113.1')).status).toBe(204);
        const refused = await send('203.0.113.1');
        expect(refused.status).toBe(429);
        expect(refused.headers.get('retry-after')).toBe('2');
        expect((await send('203.0.113.2')).status).toBe(204);
        now += 2000;
        expect((await send('203.0.113.1')).status).toBe(204);
        expect(await metric('taphouse_requests_total{status="429"}')).toBe(1);
      });

      it('that can not be read is answered 429 too, and fills no dead letters', async () => {
        const request = await start({ rateLimit: { eventsPerSecond: 1, burst: 2 } });
        const send = async (): Promise<number> => (await request('/v1/events', post('junk'))).status;
        expect([await send(), await send(), await send(), await send()]).toEqual([400, 400, 429, 429]);
        expect(letters).toHaveLength(2);
      });

      it('is said to a pixel too, with how long to wait', async () => {
        let reason: string | null = 'collector: 90 s behind; try again later';
        const request = await start({ busy: () => reason, rateLimit: { eventsPerSecond: 1, burst: 1 } });
        const ask = async (): Promise<[number, string | null]> => {
          const answer = await request('/v1/pixel.gif?user_id=5&device_id=mobile&client_event=opened');
          return [answer.status, answer.headers.get('retry-after')];
        };
        expect(await ask()).toEqual([503, '5']);
        reason = null;
        now += 1000;
        expect(await ask()).toEqual([200, null]);
        expect(await ask()).toEqual([429, '1']);
        expect(stored()).toHaveLength(1);
      });

      it('for the engine behind is answered 503 before the body is read', async () => {
        let reason: string | null = 'collector: 90 s behind; try again later';
        const request = await start({ busy: () => reason });
        const answer = await request('/v1/events', post(batch([event()])));
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toBe('5');
        expect(await answer.json()).toMatchObject({ reason });
        expect((await request('/ready')).status).toBe(503);
        reason = null;
        now += 1000;
        expect((await request('/v1/events', post(batch([event()])))).status).toBe(204);
        expect((await request('/ready')).status).toBe(200);
      });

      it('held in memory at once is answered 503, and is let go with the answers', async () => {
        const done = Promise.withResolvers<void>();
        const reached = Promise.withResolvers<void>();
        const append = async (): Promise<void> => {
          reached.resolve();
          await done.promise;
        };
        const request = await start({ stream: { append }, maxHeldBytes: 1000 });
        const padded = batch([event()]).padEnd(700, ' ');
        const first = request('/v1/events', post(padded));
        await reached.promise;
        expect((await request('/v1/events', post(padded))).status).toBe(503);
        done.resolve();
        expect((await first).status).toBe(204);
        expect(await metric('taphouse_held_bytes')).toBe(0);
        expect((await request('/v1/events', post(padded))).status).toBe(204);
      });
    });

    describe('proof of identity', () => {
      const token = (user: string, seconds = time / 1000 + 60, key = secret): string => {
        const claim = `${seconds}.${Buffer.from(user).toString('base64url')}`;
        return `${claim}.${createHmac('sha256', key).update(claim).digest('base64url')}`;
      };
      const identity = signedIdentity(secret, () => time);

      it('marks the events of the user it names, and no others', async () => {
        const request = await start({ identity });
        const events = [
          event({ user_id: 'ünï' }),
          event({ user_id: 'other', properties: { taphouse_identity: 'verified' } }),
        ];
        await request('/v1/events', post(batch(events, { identity: token('ünï') })));
        expect(stored().map(({ properties }) => properties.taphouse_identity)).toEqual(['verified', undefined]);
      });

      it('if required, refuses events of others at their place', async () => {
        const request = await start({ identity: { ...identity, required: true } });
        const events = [7, event({ user_id: 'other' }), event({ user_id: 'me' })];
        const answer = await request('/v1/events', post(batch(events, { identity: token('me') })));
        expect(answer.status).toBe(200);
        const { rejected } = (await answer.json()) as { rejected: { index: number }[] };
        expect(rejected.map(({ index }) => index)).toEqual([0, 1]);
        expect(stored().map(({ user_id }) => user_id)).toEqual(['me']);
      });

      it.each([
        ['of another key', token('me', undefined, `${secret}!`)],
        ['out of date', token('me', time / 1000 - 1)],
        [
          'of another user, with the signature left',
          token('you').replace(/\.[\w-]+\./, `.${Buffer.from('me').toString('base64url')}.`),
        ],
        ['that is none', 'x.y.z'],
        ['that is not even text', 7],
      ])('a token %s proves nothing', async (_, identityToken) => {
        const request = await start({ identity: { ...identity, required: true } });
        const answer = await request(
          '/v1/events',
          post(batch([event({ user_id: 'me' })], { identity: identityToken })),
        );
        expect(answer.status).toBe(400);
      });

      it('a token that can not be checked at the moment is answered 503', async () => {
        const request = await start({ identity: { verify: () => Promise.reject(new Error('no keys')) } });
        const answer = await request('/v1/events', post(batch([event()], { identity: 'token' })));
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toBe('5');
        expect(appends).toEqual([]);
        expect(lines).toContainEqual(expect.objectContaining({ level: 'error', reason: 'no keys' }));
      });
    });

    describe('the other routes', () => {
      it('GET /v1/limits gives the limits in force', async () => {
        const request = await start();
        const answer = await request('/v1/limits');
        expect(answer.headers.get('cache-control')).toBe('max-age=3600');
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
        expect(await answer.json()).toEqual(limits);
      });

      it('GET /v1/pixel.gif stores one event of its query', async () => {
        const request = await start();
        const query = new URLSearchParams({
          user_id: '5',
          device_id: 'mobile',
          client_event: 'opened',
          'p.size': '330',
        });
        const answer = await request(`/v1/pixel.gif?${query.toString()}`, {
          headers: { Referer: 'https://shop.example/a' },
        });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toBe('image/gif');
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(Buffer.from(await answer.arrayBuffer()).toString('latin1')).toMatch(/^GIF89a/);
        expect(stored()).toMatchObject([
          {
            user_id: '5',
            client_event: 'opened',
            client_timestamp: time,
            page_url: 'https://shop.example/a',
            properties: { size: '330' },
          },
        ]);
      });

      it('GET /v1/pixel.gif says in a header why it stored nothing', async () => {
        const request = await start();
        const answer = await request('/v1/pixel.gif?user_id=5');
        expect(answer.status).toBe(400);
        expect(answer.headers.get('taphouse-reason')).toBe('device_id: missing');
      });

      it('HEAD /v1/pixel.gif stores nothing', async () => {
        const request = await start();
        const path = '/v1/pixel.gif?user_id=5&device_id=mobile&client_event=opened';
        expect((await request(path, { method: 'HEAD' })).status).toBe(200);
        expect(appends).toEqual([]);
      });

      it('GET /v1/pixel.gif is refused in a page that may not use the key', async () => {
        const request = await start({ writeKeys: [{ key: 'shop', origins: ['https://shop.example'] }] });
        const path = '/v1/pixel.gif?write_key=shop&user_id=5&device_id=mobile&client_event=opened';
        const on = async (page: string): Promise<number> =>
          (await request(path, { headers: { Referer: page } })).status;
        expect([await on('https://evil.example/'), await on('https://shop.example/beers')]).toEqual([403, 200]);
        expect(stored().map(({ page_url }) => page_url)).toEqual(['https://shop.example/beers']);
      });

      it('GET /v1/pixel.gif stores nothing under Sec-GPC', async () => {
        const request = await start();
        const path = '/v1/pixel.gif?user_id=5&device_id=mobile&client_event=opened';
        expect((await request(path, { headers: { 'Sec-GPC': '1' } })).status).toBe(200);
        expect(appends).toEqual([]);
        expect(await metric('taphouse_gpc_total')).toBe(1);
      });

      it('GET /health is 200 while it lives, GET /ready while it can store', async () => {
        let reason: string | null = null;
        const request = await start({ ready: async () => reason });
        expect((await request('/health')).status).toBe(200);
        expect((await request('/ready')).status).toBe(200);
        reason = 'log: full';
        const answer = await request('/ready');
        expect(answer.status).toBe(503);
        expect(await answer.json()).toEqual({ status: 'not ready', reason });
        expect((await request('/health')).status).toBe(200);
      });

      it('GET /metrics counts, and adds the gauges of the process', async () => {
        const request = await start({ gauges: () => ({ taphouse_open_windows: 3 }) });
        await request('/v1/events', post(batch([event(), event()])));
        expect(await metric('taphouse_requests_total{status="204"}')).toBe(1);
        expect(await metric('taphouse_events_total')).toBe(2);
        expect(await metric('taphouse_append_seconds_count')).toBe(1);
        expect(await metric('taphouse_open_windows')).toBe(3);
      });

      it('may have another prefix, for ad blockers', async () => {
        const request = await start({ pathPrefix: '/tap' });
        expect((await request('/tap/events', post(batch([event()])))).status).toBe(204);
        expect((await request('/v1/events', post(batch([event()])))).status).toBe(404);
      });

      it.runIf(streams)('GET /v1/live sends what the feed gives', async () => {
        let listener: ((message: LiveMessage) => void) | undefined;
        const live = {
          subscribe: (listen: (message: LiveMessage) => void) => {
            listener = listen;
            return () => (listener = undefined);
          },
        };
        const request = await start({ live });
        const abort = new AbortController();
        const answer = await request('/v1/live', { signal: abort.signal });
        expect(answer.headers.get('content-type')).toBe('text/event-stream');
        const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
        let text = (await reader.read()).value ?? '';
        listener!({ event: 'lake', data: { table: 'rawdata', version: 7 } });
        while (!text.includes('version')) text += (await reader.read()).value ?? '';
        expect(text).toBe('retry: 1000\n\nevent: lake\ndata: {"table":"rawdata","version":7}\n\n');
        await reader.cancel();
        abort.abort();
        await expect.poll(() => listener).toBeUndefined();
      });

      it('GET /v1/live is 404 where there is no feed', async () => {
        const request = await start();
        expect((await request('/v1/live')).status).toBe(404);
      });
    });

    it('answers 405 with what is allowed to methods that a route does not have, and 404 to what is no route', async () => {
      const request = await start();
      const wrong = await request('/v1/events');
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
      expect(await wrong.json()).toEqual({ reason: 'GET /v1/events: not allowed; send POST or OPTIONS' });
      for (const path of ['/v1/limits', '/v1/pixel.gif', '/health', '/metrics'])
        expect((await request(path, post('x'))).status).toBe(405);
      const unknown = await request('/v1/event');
      expect(unknown.status).toBe(404);
      expect(await unknown.json()).toEqual({ reason: 'GET /v1/event: no such route; /v1/openapi.json names them' });
    });

    it.each([
      ['GET', '/v1/limits'],
      ['GET', '/v1/openapi.json'],
      ['GET', '/v1/pixel.gif'],
      ['GET', '/health'],
      ['GET', '/ready'],
      ['GET', '/metrics'],
      ['OPTIONS', '/v1/events'],
      ['PUT', '/v1/events'],
      ['GET', '/v1/none'],
    ])('gives the answer to %s %s an id', async (method, path) => {
      const request = await start();
      const ids = new Set<string | null>();
      for (let i = 0; i < 2; i += 1) ids.add((await request(path, { method })).headers.get('request-id'));
      expect(ids.size).toBe(2);
      expect([...ids]).toEqual([expect.stringMatching(/^[\w-]+$/), expect.stringMatching(/^[\w-]+$/)]);
    });

    it('gives each answer an id of its own, which its log line has too', async () => {
      const request = await start();
      const first = await request('/v1/events', post('x'));
      const second = await request('/v1/events', post(batch([event(), 7])));
      const ids = [first, second].map(({ headers }) => headers.get('request-id'));
      expect(ids[0]).toMatch(/^[\w-]+$/);
      expect(ids[0]).not.toBe(ids[1]);
      expect(lines).toMatchObject([
        { level: 'warn', message: 'batch refused', status: 400, request_id: ids[0], at: '2027-01-15T08:00:00.000Z' },
        { level: 'info', message: 'events refused', status: 200, accepted: 1, rejected: 1, request_id: ids[1] },
      ]);
    });

    it('does not let a flood of bad requests become a flood of lines', async () => {
      const request = await start();
      for (let i = 0; i < 60; i += 1) await request('/v1/events', post('x'));
      expect(lines).toHaveLength(50);
      now += 1000;
      await request('/v1/events', post('x'));
      expect(lines.at(-1)).toMatchObject({ left_out: 10 });
    });
  });
}

function post(body: string | Uint8Array, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: body as BodyInit, headers: { 'Content-Type': 'text/plain', ...headers } };
}

function batch(events: readonly unknown[], envelope: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...envelope, events });
}

function sendWithKey(request: Ask, write_key: string | undefined, origin?: string): Promise<Response> {
  const headers = origin === undefined ? {} : { Origin: origin };
  return request('/v1/events', post(batch([event()], { write_key }), headers));
}

function idsOf(lines: string): string[] {
  return decodeEvents(lines).map(({ event_id }) => event_id);
}

function event(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    event_id: 'e-1',
    user_id: 7,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: time,
    ...fields,
  };
}
