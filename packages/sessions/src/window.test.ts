import type { ClickEvent, SessionRow } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSessionizer, restoreSessionizer } from './engine/sessionizer.ts';
import { createLagSessions } from './lag/lag-sessions.ts';
import { lagSessionsOf, mergedWithin } from './testing/brute-force.ts';
import type { Window } from './window.ts';

const lengthMs = 30_000;
const second = (n: number): number => testTime + n * 1000;

/** Every kind of window, of 30 s; `from` is a snapshot. */
const kinds: [string, (from?: Uint8Array) => Window][] = [
  [
    'stagger windows',
    (from) => (from ? restoreSessionizer([from]) : createSessionizer({ stepMs: lengthMs, rangeMs: lengthMs })),
  ],
  ['lag windows', (from) => createLagSessions({ gapMs: lengthMs }, from)],
];

/** Clicks, each once, with what time passes before each arrives. */
const someArrivals = fc.uniqueArray(
  fc.record({
    event_id: fc.nat(9_999).map((n) => `p-${String(n).padStart(4, '0')}`),
    user_id: fc.constantFrom('1', '2', '12'),
    device_id: fc.constantFrom('m', '2m'),
    client_timestamp: fc.integer({ min: testTime - 100_000, max: testTime + 300_000 }),
    afterMs: fc.oneof({ weight: 9, arbitrary: fc.nat(3_000) }, fc.nat(40_000)),
  }),
  { selector: ({ event_id }) => event_id, maxLength: 80 },
);

interface Arrival {
  event: ClickEvent;
  at: number;
}

function arrivalsOf(fields: (Partial<ClickEvent> & { afterMs: number })[]): Arrival[] {
  let at = testTime;
  return fields.map(({ afterMs, ...of }) => {
    at += afterMs;
    return { event: click(of), at };
  });
}

describe.each(kinds)('%s', (_, open) => {
  it('close by the arrival clock, whatever the events say', () => {
    const window = open();
    for (const hour of [0, -100, 100])
      expect(window.push(click({ client_timestamp: second(hour * 3600) }), second(5))).toEqual([]);
    expect(window.size).toBe(3);
    expect(window.advance(second(34.999))).toEqual([]);
    expect(window.advance(second(35))).toHaveLength(3);
    expect(window.size).toBe(0);
  });

  it('that are over at an arrival close before it is counted', () => {
    const window = open();
    window.push(click({ client_timestamp: second(0) }), second(5));
    const rows = window.push(click({ client_timestamp: second(1) }), second(35));
    expect(rows).toMatchObject([{ events: 1, window_open: second(5) }]);
    expect(window.size).toBe(1);
  });

  it('have a clock that never goes back', () => {
    const window = open();
    window.advance(second(10));
    window.push(click(), second(1));
    expect(window.advance(second(9))).toEqual([]);
    expect(window.openRows(1)).toMatchObject([{ window_open: second(10) }]);
  });

  it('that close early all close, and later events open others', () => {
    const window = open();
    window.push(click({ client_timestamp: second(0) }), second(1));
    const first = window.drain();
    window.push(click({ client_timestamp: second(2) }), second(3));
    const rows = [...first, ...window.drain()];
    expect(rows.map((row) => row.events)).toEqual([1, 1]);
    expect(new Set(rows.map((row) => row.row_id)).size).toBe(2);
    expect(window.drain()).toEqual([]);
  });

  it('show their rows as they stand, the latest first, without a hand on them', () => {
    const window = open();
    for (const user_id of ['1', '2', '3']) window.push(click({ user_id, client_timestamp: second(1) }), second(1));
    const rows = window.openRows(2);
    expect(rows.map((row) => row.user_id)).toEqual(['3', '2']);
    const copies = structuredClone(rows);
    for (const row of rows) row.events = 99;
    expect(window.drain().slice(1).toReversed()).toEqual(copies);
  });

  it('name their rows after their kind and lengths', () => {
    const window = open();
    window.push(click({ event_id: 'a-1' }), second(1));
    expect(window.drain().map((row) => row.row_id)).toEqual([`${window.configHash}/a-1`]);
    expect(window.configHash).toMatch(/^[\w-]+$/);
  });

  it('give rows that merge to the sessions of the events, in whatever order those arrive', () => {
    fc.assert(
      fc.property(someArrivals, fc.integer({ min: lengthMs, max: 3 * lengthMs }), (fields, gapMs) => {
        const window = open();
        const arrivals = arrivalsOf(fields);
        const rows = [...arrivals.flatMap(({ event, at }) => window.push(event, at)), ...window.drain()];
        const events = arrivals.map(({ event }) => event);
        expect(mergedWithin(rows, gapMs)).toEqual(lagSessionsOf(events, gapMs));
        expect(new Set(rows.map((row) => row.row_id)).size).toBe(rows.length);
      }),
      { numRuns: 300 },
    );
  });

  it('go on from a snapshot as if nothing had been', () => {
    fc.assert(
      fc.property(someArrivals, fc.nat(80), (fields, cut) => {
        const unbroken = open();
        let broken = open();
        const arrivals = arrivalsOf(fields);
        const rows: SessionRow[] = [];
        const expected: SessionRow[] = [];
        arrivals.forEach(({ event, at }, i) => {
          if (i === cut) broken = open(broken.snapshot());
          rows.push(...broken.push(event, at));
          expected.push(...unbroken.push(event, at));
        });
        expect(broken.openRows(99)).toEqual(unbroken.openRows(99));
        expect([...rows, ...broken.drain()]).toEqual([...expected, ...unbroken.drain()]);
      }),
      { numRuns: 200 },
    );
  });
});
