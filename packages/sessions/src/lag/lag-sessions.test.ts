import { click, testTime } from '@taphouse/schema/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lagSessionsOf, mergedWithin } from '../testing/brute-force.ts';
import { type LagSessions, createLagSessions } from './lag-sessions.ts';

const gapMs = 30_000;
const second = (n: number): number => testTime + n * 1000;

describe('a lag window', () => {
  it('goes on while clicks arrive and ends a gap after the last arrived', () => {
    const live = createLagSessions({ gapMs });
    for (const n of [0, 20, 45]) live.push(click({ client_timestamp: second(n) }), second(n + 1));
    expect(live.advance(second(75.999))).toEqual([]);
    expect(live.advance(second(76))).toMatchObject([{ events: 3, duration_sec: 45, window_open: second(1) }]);
    expect(live.size).toBe(0);
  });

  it('takes a click exactly the gap after the last, not one a millisecond later', () => {
    const live = createLagSessions({ gapMs });
    for (const at of [0, 30_000, 60_001]) live.push(click({ client_timestamp: testTime + at }), testTime);
    expect(live.openRows(9).map((row) => row.events)).toEqual([1, 2]);
  });

  it('joins two sessions by a late click, which keep the older row_id', () => {
    const live = createLagSessions({ gapMs });
    live.push(click({ client_timestamp: second(0), event_id: 'a-1' }), second(1));
    live.push(click({ client_timestamp: second(50), event_id: 'a-3' }), second(2));
    expect(live.size).toBe(2);
    live.push(click({ client_timestamp: second(25), event_id: 'a-2' }), second(3));
    expect(live.drain()).toMatchObject([
      { events: 3, row_id: 'l30000/a-1', begin_event_id: 'a-1', end_event_id: 'a-3' },
    ]);
  });

  it('ends the longest silent first', () => {
    const live = createLagSessions({ gapMs });
    for (const [user_id, n] of [
      ['1', 0],
      ['2', 1],
      ['1', 2],
      ['3', 3],
    ] as const)
      live.push(click({ user_id, client_timestamp: second(n) }), second(n));
    expect(live.openRows(2).map((row) => row.user_id)).toEqual(['3', '1']);
    expect(live.advance(second(60)).map((row) => row.user_id)).toEqual(['2', '1', '3']);
  });

  it('ends the longest silent session of a visitor who has very many', () => {
    const live = createLagSessions({ gapMs });
    const ended = Array.from({ length: 70 }, (_, i) => i).flatMap((i) =>
      live.push(click({ client_timestamp: second(i * 100) }), second(0)),
    );
    expect(ended.map((row) => row.beginsession)).toEqual([0, 1, 2, 3, 4, 5].map((i) => second(i * 100)));
    expect(live.size).toBe(64);
  });

  it('refuses a gap that is none', () => {
    expect(() => createLagSessions({ gapMs: 0 })).toThrow(/gapMs is 0/);
  });
});

const someClicks = fc.uniqueArray(
  fc.record({
    event_id: fc.integer({ min: 0, max: 9_999 }).map((n) => `p-${String(n).padStart(4, '0')}`),
    user_id: fc.constantFrom('1', '2', '12'),
    device_id: fc.constantFrom('m', '2m'),
    client_timestamp: fc.integer({ min: testTime, max: testTime + 400_000 }),
  }),
  { selector: (fields) => fields.event_id, maxLength: 60 },
);

describe('any clicks', () => {
  it('that all arrive in time give the lag sessions themselves', () => {
    fc.assert(
      fc.property(someClicks, (fields) => {
        const live = createLagSessions({ gapMs });
        const events = fields.map((of) => click(of));
        for (const event of events) live.push(event, testTime);
        const rows = live.drain();
        expect(rows).toHaveLength(lagSessionsOf(events, gapMs).length);
        expect(mergedWithin(rows, gapMs)).toEqual(lagSessionsOf(events, gapMs));
      }),
      { numRuns: 300 },
    );
  });

  it('give rows that merge to them, whenever they arrive and with restarts between', () => {
    fc.assert(
      fc.property(someClicks, fc.array(fc.nat(40_000)), (fields, pauses) => {
        let live: LagSessions = createLagSessions({ gapMs });
        let clock = testTime;
        const events = fields.map((of) => click(of));
        const rows = events.flatMap((event, i) => {
          clock += pauses[i] ?? 0;
          if (i % 5 === 0) live = createLagSessions({ gapMs }, live.snapshot());
          return live.push(event, clock);
        });
        rows.push(...live.drain());
        expect(mergedWithin(rows, gapMs)).toEqual(lagSessionsOf(events, gapMs));
      }),
      { numRuns: 300 },
    );
  });
});
