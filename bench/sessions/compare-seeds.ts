import type { ClickEvent, SessionRow } from '../../packages/schema/src/index.ts';
import { click, testTime } from '../../packages/schema/src/testing.ts';
import { createSessionizer, staggerWindow } from '../../packages/sessions/src/index.ts';
import { mergedRows, sessionsOf } from '../../packages/sessions/src/testing/brute-force.ts';
import { MemorySeen } from '../../packages/sessions/src/testing/memory-lake.ts';
import { seededRandom } from '../../packages/sessions/src/testing/seeded-random.ts';

/** The engine's merged rows against brute force, one small world a seed. */
export function compareSeeds(seeds: number): { seeds: number; arrivals: number; differences: number } {
  let arrivals = 0;
  let differences = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const random = seededRandom(seed);
    const window = staggerWindow({
      stepMs: 1 + Math.floor(random() * 60_000),
      rangeMs: 1 + Math.floor(random() * 60_000),
    });
    const events = randomEvents(random);
    const rows = randomRows(events, window, random);
    arrivals += events.length;
    if (JSON.stringify(mergedRows(rows)) !== JSON.stringify(sessionsOf(events, window.stepMs))) {
      differences += 1;
      console.error(`seed ${seed}: differs`);
    }
  }
  return { seeds, arrivals, differences };
}

function randomEvents(random: () => number): ClickEvent[] {
  const events: ClickEvent[] = [];
  for (let i = 1 + random() * 120; i > 0; i -= 1) {
    const copied = random() < 0.15 ? events[Math.floor(random() * events.length)] : undefined;
    events.push(
      copied ??
        click({
          event_id: `i${Math.floor(random() * 4)}-${String(Math.floor(random() * 400)).padStart(6, '0')}`,
          user_id: `u${Math.floor(random() * 4)}`,
          device_id: random() < 0.5 ? 'mobile' : 'tablet',
          client_timestamp: testTime + Math.floor(random() * 300_000),
        }),
    );
  }
  return events;
}

/** Rows of an engine that lives as it likes: windows closed early, events looked up ahead or not, ids on disk or not. */
function randomRows(
  events: readonly ClickEvent[],
  window: { stepMs: number; rangeMs: number },
  random: () => number,
): SessionRow[] {
  const store = new MemorySeen();
  const sessionizer = createSessionizer(window, {
    maxOpenWindows: 1 + Math.floor(random() * 20),
    hashSeed: events.length,
    ...(random() < 0.5 && { seen: { store, maxBytes: 0 } }),
  });
  let clock = testTime;
  const rows: SessionRow[] = [];
  for (const [i, event] of events.entries()) {
    clock += Math.floor(random() * 5000);
    if (random() < 0.1) sessionizer.prepare(events.slice(i, i + 10));
    rows.push(...sessionizer.push(event, clock));
    if (random() < 0.1) store.put(sessionizer.takeSeen());
    if (random() < 0.05) rows.push(...sessionizer.drain());
  }
  rows.push(...sessionizer.drain());
  return [...rows, ...rows.filter(() => random() < 0.2)];
}
