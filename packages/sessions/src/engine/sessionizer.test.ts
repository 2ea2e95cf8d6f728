import { type ClickEvent, type SessionRow, limits } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowPresets } from '../stagger-window.ts';
import { mergedRows, sessionsOf } from '../testing/brute-force.ts';
import { type Sessionizer, createSessionizer, restoreSessionizer } from './sessionizer.ts';
import { mergeSnapshots } from './snapshot.ts';

const window = windowPresets.seconds;
const second = (n: number): number => testTime + n * 1000;

describe('a stagger window', () => {
  it('closes a range after its first event arrived, not later', () => {
    const sessionizer = createSessionizer(window);
    sessionizer.push(click({ client_timestamp: second(0) }), second(5));
    sessionizer.push(click({ client_timestamp: second(1) }), second(34));
    expect(sessionizer.advance(second(34.999))).toEqual([]);
    expect(sessionizer.advance(second(35))).toMatchObject([{ events: 2, window_open: second(5) }]);
  });

  it('is over for an event that arrives at the very end', () => {
    const sessionizer = createSessionizer(window);
    sessionizer.push(click({ client_timestamp: second(0) }), second(5));
    expect(sessionizer.push(click({ client_timestamp: second(1) }), second(35))).toMatchObject([{ events: 1 }]);
    expect(sessionizer.stats().openWindows).toBe(1);
  });

  it('gives its row as it stands, newest first, with the row_id it will have', () => {
    const sessionizer = createSessionizer(window);
    for (const user_id of ['1', '2', '3']) sessionizer.push(click({ user_id }), second(1));
    const open = sessionizer.openRows(2);
    expect(open.map((row) => row.user_id)).toEqual(['3', '2']);
    expect(sessionizer.drain().slice(1).toReversed()).toEqual(open);
  });

  it('closes the oldest early when one more than the bound would be open', () => {
    const sessionizer = createSessionizer(window, { maxOpenWindows: 2 });
    const rows = ['1', '2', '1', '3', '1'].flatMap((user_id) => sessionizer.push(click({ user_id }), second(1)));
    expect(rows.map((row) => [row.user_id, row.events])).toEqual([
      ['1', 2],
      ['2', 1],
    ]);
    expect(sessionizer.stats()).toMatchObject({ openWindows: 2, keys: 2 });
  });

  it('may close the window of the very visitor that needs the room', () => {
    const sessionizer = createSessionizer(window, { maxOpenWindows: 1 });
    sessionizer.push(click({ client_timestamp: second(0), event_id: 'a-1' }), second(1));
    sessionizer.push(click({ client_timestamp: second(31), event_id: 'a-2' }), second(1));
    expect(sessionizer.drain()).toMatchObject([{ user_id: '50', begin_event_id: 'a-2', events: 1 }]);
    expect(sessionizer.stats()).toMatchObject({ openWindows: 0, keys: 0 });
  });

  it('counts windows opened late', () => {
    const sessionizer = createSessionizer(window);
    sessionizer.push(click({ client_timestamp: second(0) }), second(59.999));
    expect(sessionizer.stats().late).toBe(0);
    sessionizer.push(click({ client_timestamp: second(0), user_id: '2' }), second(60));
    expect(sessionizer.stats().late).toBe(1);
  });

  it('labels sessions by user, 3 characters of device and seconds', () => {
    const sessionizer = createSessionizer(window);
    sessionizer.push(click({ user_id: 'ßa', device_id: '😀éxyz', client_timestamp: -1 }), second(1));
    expect(sessionizer.drain()).toMatchObject([{ session_id: 'ßA_😀éX-30', timeagg: -30_000 }]);
  });
});

/** How many of the ids the engine takes for copies. */
function copies(ids: readonly string[]): number {
  const sessionizer = createSessionizer(window);
  for (const event_id of ids) sessionizer.push(click({ event_id }), second(1));
  return sessionizer.stats().duplicates;
}

describe('the memory of events', () => {
  it('tells ids apart that look alike', () => {
    const ids = [
      'a-1',
      'a-01',
      'a-65',
      'a-065',
      'a1',
      'a',
      '-1',
      '1',
      'a-',
      'a-1-1',
      'b-1',
      'a-123456789',
      'a-1234567890',
    ];
    expect(copies(ids)).toBe(0);
    expect(copies([...ids, ...ids])).toBe(ids.length);
  });

  it('knows ids of any length and any character', () => {
    const ids = [
      'x'.repeat(64),
      'x'.repeat(63),
      `${'é'.repeat(40)}-1`,
      `${'☕'.repeat(40)}-1`,
      `${'☕'.repeat(3)}-1`,
      'Ă',
      'Ă-0',
    ];
    expect(copies([...ids, ...ids])).toBe(ids.length);
  });

  it('forgets an id when the collector would refuse its copy, and not before', () => {
    const horizonMs = limits.maxAgeMs + limits.maxAheadMs;
    const sessionizer = createSessionizer(window);
    const event = click();
    sessionizer.push(event, second(0));
    sessionizer.push(event, second(0) + horizonMs);
    expect(sessionizer.stats().duplicates).toBe(1);
    sessionizer.push(event, second(0) + horizonMs + 1);
    expect(sessionizer.stats().events).toBe(2);
  });

  it('uses the memory of forgotten ids again', () => {
    const sessionizer = createSessionizer(window);
    for (let day = 0; day < 60; day += 1)
      for (let i = 0; i < 100; i += 1)
        sessionizer.push(click({ event_id: `${'long'.repeat(10)}${day}x${i}` }), second(day * 86_400));
    expect(sessionizer.stats().seenRecords).toBeLessThan(2000);
    expect(sessionizer.stats().duplicates).toBe(0);
  });
});

/** A step of a random life of an engine. */
type Step = { event: ClickEvent; afterMs: number } | 'drain' | 'restart' | 'changes';

const someId = fc.oneof(
  fc
    .tuple(fc.constantFrom('aa', 'b-b', 'ü'), fc.nat(200))
    .map(([instance, n]) => `${instance}-${String(n).padStart(4, '0')}`),
  fc.string({ minLength: 1, maxLength: 40 }),
);
const someEvent = fc
  .record({
    event_id: someId,
    user_id: fc.constantFrom('1', '2', 'användare', '用户', 'u'.repeat(60)),
    device_id: fc.constantFrom('mobile', 'tablet', '📱'),
    client_event: fc.constantFrom('beer_cart', 'beer_checkout', '☕'),
    client_timestamp: fc.integer({ min: testTime - 100_000, max: testTime + 200_000 }),
  })
  .map((fields) => click(fields));
const someStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ event: someEvent, afterMs: fc.nat(5_000) }) },
  { weight: 1, arbitrary: fc.constantFrom('drain' as const, 'restart' as const, 'changes' as const) },
);

/** Lives through the steps; a restart goes on from snapshot and changes, merged or not. */
function live(steps: readonly Step[], maxOpenWindows: number): { rows: SessionRow[]; sessionizer: Sessionizer } {
  let sessionizer = createSessionizer(window, { maxOpenWindows, hashSeed: steps.length });
  let parts: Uint8Array[] = [];
  let clock = testTime;
  const rows: SessionRow[] = [];
  for (const step of steps) {
    if (step === 'drain') rows.push(...sessionizer.drain());
    else if (step === 'changes') parts.push(parts.length === 0 ? sessionizer.snapshot() : sessionizer.changes());
    else if (step === 'restart') {
      parts.push(parts.length === 0 ? sessionizer.snapshot() : sessionizer.changes());
      if (parts.length > 2) parts = [parts[0] as Uint8Array, mergeSnapshots(parts.slice(1))];
      sessionizer = restoreSessionizer(parts);
    } else {
      clock += step.afterMs;
      rows.push(...sessionizer.push(step.event, clock));
    }
  }
  return { rows: [...rows, ...sessionizer.drain()], sessionizer };
}

describe('any stream of events', () => {
  const someLife = fc.tuple(fc.array(someStep, { maxLength: 300, size: 'max' }), fc.constantFrom(1, 3, Infinity));

  it('gives rows that merge to the sessions of its distinct events', () => {
    fc.assert(
      fc.property(someLife, ([steps, maxOpenWindows]) => {
        const events = steps.filter((step) => typeof step === 'object').map((step) => step.event);
        const { rows, sessionizer } = live(steps, maxOpenWindows);
        expect(mergedRows(rows)).toEqual(sessionsOf(events, window.stepMs));
        expect(new Set(rows.map((row) => row.row_id)).size).toBe(rows.length);
        expect(sessionizer.stats()).toMatchObject({
          openWindows: 0,
          keys: 0,
          events: rows.reduce((sum, row) => sum + row.events, 0),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same rows with restarts as without', () => {
    fc.assert(
      fc.property(someLife, ([steps, maxOpenWindows]) => {
        const unbroken = live(
          steps.filter((step) => step !== 'restart' && step !== 'changes'),
          maxOpenWindows,
        );
        const broken = live(steps, maxOpenWindows);
        expect(broken.rows).toEqual(unbroken.rows);
        const { memoryBytes: _, ...stats } = unbroken.sessionizer.stats();
        expect(broken.sessionizer.stats()).toMatchObject(stats);
      }),
      { numRuns: 300 },
    );
  });
});

describe('looking ahead', () => {
  it('changes nothing, whether what was prepared is pushed then or not', () => {
    const someBatches = fc.array(fc.tuple(fc.array(someEvent, { maxLength: 200, size: 'max' }), fc.nat(3)), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(someBatches, fc.constantFrom(2, Infinity), (batches, maxOpenWindows) => {
        const ahead = createSessionizer(window, { maxOpenWindows, hashSeed: 7 });
        const plain = createSessionizer(window, { maxOpenWindows });
        batches.forEach(([events, skipped], n) => {
          ahead.prepare(events);
          const pushed = skipped === 3 ? events.toReversed() : events.slice(skipped);
          for (const event of pushed)
            expect(ahead.push(event, second(n * 9))).toEqual(plain.push(event, second(n * 9)));
        });
        expect(ahead.drain()).toEqual(plain.drain());
        const { memoryBytes: _, ...stats } = plain.stats();
        expect(ahead.stats()).toMatchObject(stats);
      }),
      { numRuns: 200 },
    );
  });

  it('tells keys apart that differ in their last character or in where one text ends', () => {
    const keys = ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'š', 'a'.repeat(39), 'a'.repeat(40), 'a'.repeat(41)].flatMap(
      (user_id) => ['', 'a', 'b', 'a'.repeat(40), 'š'].map((device_id) => click({ user_id, device_id })),
    );
    const sessionizer = createSessionizer(window);
    for (const events of [
      keys,
      keys.map((event) => ({ ...click(), user_id: event.user_id, device_id: event.device_id })),
    ]) {
      sessionizer.prepare(events);
      for (const event of events) sessionizer.push(event, second(1));
    }
    expect(sessionizer.stats().keys).toBe(keys.length);
    expect(sessionizer.drain().map((row) => row.events)).toEqual(keys.map(() => 2));
  });
});

describe('a snapshot', () => {
  it('holds many windows and goes on with them', () => {
    const sessionizer = createSessionizer(window);
    for (let i = 0; i < 20_000; i += 1)
      sessionizer.push(click({ user_id: `u${i}`, event_id: `${i}-0001` }), second(i / 2_000));
    const restored = restoreSessionizer([sessionizer.snapshot()]);
    expect(restored.stats()).toMatchObject({ openWindows: 20_000, keys: 20_000, seenRecords: 20_000 });
    expect(restored.advance(second(35))).toEqual(sessionizer.advance(second(35)));
    expect(restored.drain()).toEqual(sessionizer.drain());
  });

  it('of another format is refused', () => {
    expect(() => restoreSessionizer([new Uint8Array([1, 0, 0, 0])])).toThrow(/format 1, this version reads 2 and 3/);
    expect(() => restoreSessionizer([])).toThrow(RangeError);
  });
});
