/** What the bench measures inside the page. */
import { connect } from '../../../packages/analytics/src/connect.ts';
import { DashboardData } from '../../../packages/analytics/src/dashboard/dashboard-data.ts';
import { firstView } from '../../../packages/analytics/src/dashboard/view-state.ts';

const median = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;

/** Milliseconds of each statement: the median of the runs after the first, which reads the files. */
async function timeQueries(statements: Record<string, string>, runs: number): Promise<Record<string, number>> {
  const lake = await connect({ lake: '/lake/' });
  const took: Record<string, number> = {};
  for (const [name, sql] of Object.entries(statements)) {
    const times: number[] = [];
    for (let run = 0; run <= runs; run += 1) {
      const startedAt = performance.now();
      await lake.query(sql);
      if (run > 0) times.push(performance.now() - startedAt);
    }
    took[name] = median(times);
  }
  await lake.close();
  return took;
}

/** Milliseconds from nothing to all numbers of the dashboard over all rows, and of what a hand does then. */
async function timeDashboard(): Promise<Record<string, number>> {
  const startedAt = performance.now();
  const data = await DashboardData.open('/lake/', () => {});
  const openedAt = performance.now();
  const view = { ...firstView, range: 'all' as const };
  await data.read(view, () => {});
  const seen = data.see(view);
  const seenAt = performance.now();
  const slides = [30, 60, 300, 600, 1800, 3600, 14_400].map((sec) => data.see({ ...view, length: sec * 1000 }).tookMs);
  const filters = [{ device: 'tablet' }, { first: 'beer_products' }, { duration: { from: 5, to: 10 } }].map(
    (filters) => data.see({ ...view, length: 1_800_000, filters }).tookMs,
  );
  await data.close();
  return {
    sessions: seen.picture.sessions,
    rows: seen.rows,
    database: openedAt - startedAt,
    read: seenAt - openedAt,
    slider: median(slides),
    filter: median(filters),
  };
}

/** Two columns of one day. */
async function oneDay(fromAt: number): Promise<number> {
  const lake = await connect({ lake: '/lake/' });
  const relation = lake.relation('aggregated', { fromAt, toAt: fromAt + 86_400_000 });
  const [row] = await lake.query<{ n: number }>(`SELECT count(DISTINCT device_id) + sum(events) AS n FROM ${relation}`);
  await lake.close();
  return Number(row!.n);
}

Object.assign(globalThis, { bench: { timeQueries, timeDashboard, oneDay } });
document.title = 'ready';
