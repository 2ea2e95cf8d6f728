import { limits } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import { expect, it } from 'vitest';
import { createSessionizer, restoreSessionizer } from './engine/sessionizer.ts';
import { Journal } from './journal.ts';
import type { StatePart } from './pump-ports.ts';
import { windowPresets } from './stagger-window.ts';
import { MemorySeen } from './testing/memory-lake.ts';

/** Parts as a state keeps them. */
class Parts {
  readonly byId = new Map<number, Uint8Array>();
  written = 0;

  save({ put, drop }: ReturnType<Journal['add']>): void {
    for (const id of drop) if (!this.byId.delete(id)) throw new Error(`part ${id} is not there`);
    for (const { id, bytes } of put) {
      this.byId.set(id, bytes);
      this.written += bytes.length;
    }
  }

  list(): StatePart[] {
    return [...this.byId].map(([id, bytes]) => ({ id, bytes })).toSorted((a, b) => a.id - b.id);
  }
}

const window = windowPresets.seconds;

it('restores the engine from few parts, however many commits there were and restarts between them', () => {
  const parts = new Parts();
  let sessionizer = createSessionizer(window);
  let journal = new Journal([]);
  for (let commit = 0; commit < 2_000; commit += 1) {
    const at = testTime + commit * 5_000;
    for (let i = 0; i < 5; i += 1) sessionizer.push(click({ user_id: `${commit % 7}`, client_timestamp: at }), at);
    parts.save(journal.add(sessionizer.changes()));
    if (commit % 100 !== 99) continue;
    const restored = restoreSessionizer(parts.list().map((part) => part.bytes));
    expect(restored.stats()).toMatchObject({ events: (commit + 1) * 5, openWindows: sessionizer.stats().openWindows });
    expect(restored.openRows(100)).toEqual(sessionizer.openRows(100));
    sessionizer = restored;
    journal = new Journal(parts.list());
  }
  expect(parts.byId.size).toBeLessThan(20);
  for (let i = 1; i <= 10; i += 1) sessionizer.push(click({ event_id: 'x-1' }), testTime + 10_000_000);
  expect(sessionizer.stats().duplicates).toBe(9);
});

it('drops what is no longer remembered', () => {
  const parts = new Parts();
  const sessionizer = createSessionizer(window);
  const journal = new Journal([]);
  const bigCommit = (at: number): void => {
    for (let i = 0; i < 12_000; i += 1) sessionizer.push(click({ event_id: `${at}${'x'.repeat(30)}${i}` }), at);
    parts.save(journal.add(sessionizer.changes()));
  };
  for (let day = 0; day < 20; day += 1) bigCommit(testTime + day * 86_400_000);
  const days = limits.maxAgeMs / 86_400_000;
  expect(parts.byId.size).toBeGreaterThanOrEqual(days);
  expect(parts.byId.size).toBeLessThanOrEqual(days + 2);
});

it('drops a part when its windows have closed, if ids are kept apart', () => {
  const parts = new Parts();
  const store = new MemorySeen();
  const seen = { store, maxBytes: 0 };
  const sessionizer = createSessionizer(window, { seen });
  const journal = new Journal([]);
  for (let commit = 0; commit < 50; commit += 1) {
    const at = testTime + commit * 10_000;
    for (let i = 0; i < 5_000; i += 1) sessionizer.push(click({ user_id: `${i}`, client_timestamp: at }), at);
    parts.save(journal.add(sessionizer.changes()));
    store.put(sessionizer.takeSeen());
    if (commit % 10 !== 9) continue;
    const restored = restoreSessionizer(
      parts.list().map((part) => part.bytes),
      { seen },
    );
    expect(restored.openRows(10_000)).toEqual(sessionizer.openRows(10_000));
  }
  expect(parts.byId.size).toBeLessThanOrEqual(5);
});

it('writes in proportion to what changed, not to what there is', () => {
  const parts = new Parts();
  const sessionizer = createSessionizer(window);
  const journal = new Journal([]);
  for (let i = 0; i < 20_000; i += 1) sessionizer.push(click({ user_id: `${i}`, event_id: `${i}x-01` }), testTime);
  parts.save(journal.add(sessionizer.changes()));
  const first = parts.written;
  for (let i = 1; i <= 100; i += 1) {
    sessionizer.push(click(), testTime + i);
    parts.save(journal.add(sessionizer.changes()));
  }
  expect(parts.written - first).toBeLessThan(first / 4);
});
