/** Saves a state again and again, each mark with a run of ids that says the same number, until it is killed. */
import { testTime } from '@taphouse/schema/testing';
import { createSessionizer } from '../engine/sessionizer.ts';
import { openPumpState } from '../lmdb/index.ts';
import { windowPresets } from '../stagger-window.ts';

const state = await openPumpState(process.argv[2] as string, { filterBytes: 1024 });
const bytes = createSessionizer(windowPresets.seconds, { seen: { store: state.seen('0'), maxBytes: 0 } }).changes();
const first = Number((await state.load('0'))?.mark.position ?? 0) + 1;
for (let n = first; ; n += 1) {
  const lastAt = testTime + n;
  const seen = Array.from({ length: 200 }, (_, i) => ({
    prefix: `page${i}-`,
    width: 4,
    chunk: 0,
    low: n,
    high: 0,
    lastAt,
  }));
  const mark = { position: String(n), clockAt: lastAt, drained: false };
  await state.save('0', { mark, configHash: 'c', put: [{ id: n, bytes }], drop: [n - 1], seen });
  process.stdout.write('.');
}
