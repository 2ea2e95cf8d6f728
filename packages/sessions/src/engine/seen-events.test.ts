import { type ClickEvent, type SessionRow, limits } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowPresets } from '../stagger-window.ts';
import { MemorySeen } from '../testing/memory-lake.ts';
import { type Sessionizer, createSessionizer, restoreSessionizer } from './sessionizer.ts';

const window = windowPresets.seconds;
const second = (n: number): number => testTime + n * 1000;

/** An engine whose memory of events is bounded, and what is saved of it. */
class Bounded {
  readonly store = new MemorySeen();
  sessionizer: Sessionizer;
  readonly #maxBytes: number;
  readonly #parts: Uint8Array[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.sessionizer = createSessionizer(window, { seen: { store: this.store, maxBytes } });
  }

  save(): void {
    this.store.put(this.sessionizer.takeSeen());
    this.#parts.push(this.sessionizer.changes());
  }

  restart(): void {
    this.save();
    this.sessionizer = restoreSessionizer(this.#parts, { seen: { store: this.store, maxBytes: this.#maxBytes } });
  }
}

const someId = fc.oneof(
  fc
    .tuple(fc.nat(60), fc.nat(200))
    .map(([instance, n]) => `page-${instance.toString(36)}-${String(n).padStart(4, '0')}`),
  fc.nat(90).map((n) => `${'other client ☕'.repeat(1 + (n % 3))}${n}`),
);
type Step = { event: ClickEvent; afterMs: number } | 'save' | 'restart';
const someStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      event: fc.record({ event_id: someId, user_id: fc.constantFrom('1', '2') }).map((fields) => click(fields)),
      afterMs: fc.oneof(fc.nat(5_000), fc.nat(60_000), fc.constant(limits.maxAgeMs / 2)),
    }),
  },
  { weight: 2, arbitrary: fc.constant('save' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
);

describe('a bounded memory of events', () => {
  it('knows what an unbounded one knows, over saves and restarts', () => {
    let recalled = 0;
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 400, size: 'max' }), (steps) => {
        const unbounded = createSessionizer(window);
        const bounded = new Bounded(0);
        const rows: SessionRow[] = [];
        const expected: SessionRow[] = [];
        let clock = testTime;
        for (const step of steps) {
          if (step === 'save') bounded.save();
          else if (step === 'restart') bounded.restart();
          else {
            clock += step.afterMs;
            rows.push(...bounded.sessionizer.push(step.event, clock));
            expected.push(...unbounded.push(step.event, clock));
          }
        }
        expect([...rows, ...bounded.sessionizer.drain()]).toEqual([...expected, ...unbounded.drain()]);
        expect(bounded.sessionizer.stats().duplicates).toBe(unbounded.stats().duplicates);
        recalled += bounded.store.found;
      }),
      { numRuns: 200 },
    );
    expect(recalled).toBeGreaterThan(1_000);
  });

  it('keeps to its bytes, whatever there is to remember', () => {
    const maxBytes = 200_000;
    const bounded = new Bounded(maxBytes);
    for (let i = 0; i < 100_000; i += 1) {
      bounded.sessionizer.push(click({ event_id: `page${i}-0001`, user_id: 'one' }), second(i));
      if (i % 500 === 0) bounded.save();
    }
    const { memoryBytes, seenRecords } = bounded.sessionizer.stats();
    expect(seenRecords).toBeLessThan(maxBytes / 64);
    expect(memoryBytes).toBeLessThan(maxBytes + 20_000);
    for (let i = 0; i < 100_000; i += 7)
      bounded.sessionizer.push(click({ event_id: `page${i}-0001` }), second(100_000));
    expect(bounded.sessionizer.stats()).toMatchObject({ events: 100_000, duplicates: Math.ceil(100_000 / 7) });
  });

  it('holds what open windows name and what is not saved, above its bytes', () => {
    const bounded = new Bounded(0);
    for (let i = 0; i < 1_000; i += 1)
      bounded.sessionizer.push(click({ event_id: `page${i}-0001`, user_id: `${i}` }), second(0));
    bounded.save();
    for (let i = 0; i < 1_000; i += 1)
      bounded.sessionizer.push(click({ event_id: `more${i}-0001`, user_id: `${i}` }), second(1));
    expect(bounded.sessionizer.stats().seenRecords).toBe(2_000);
    const rows = bounded.sessionizer.drain();
    expect(
      rows.every((row, i) => row.begin_event_id === `more${i}-0001` || row.begin_event_id === `page${i}-0001`),
    ).toBe(true);
  });

  it('takes over what an older version kept in snapshots', () => {
    const old = createSessionizer(window);
    for (let i = 0; i < 300; i += 1) old.push(click({ event_id: `page${i}-0001` }), second(1));
    const store = new MemorySeen();
    const bounded = restoreSessionizer([old.snapshot()], { seen: { store, maxBytes: 0 } });
    store.put(bounded.takeSeen());
    expect(store.runs.size).toBe(300);
    const again = restoreSessionizer([bounded.snapshot()], { seen: { store, maxBytes: 0 } });
    for (let i = 0; i < 300; i += 1) again.push(click({ event_id: `page${i}-0001` }), second(2));
    expect(again.stats()).toMatchObject({ duplicates: 300, events: 300, openWindows: 1 });
  });

  it('is not gone on from without its store', () => {
    const bounded = new Bounded(0);
    expect(() => restoreSessionizer([bounded.sessionizer.snapshot()])).toThrow(/memory of events is in a store/);
    expect(() => new Bounded(Number.NaN)).toThrow(/maxBytes is NaN/);
  });
});
