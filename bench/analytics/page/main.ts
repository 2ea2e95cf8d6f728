/** What the bench measures inside the page. */
import { connect } from '../../../packages/analytics/src/connect.ts';
import { DashboardData } from '../../../packages/analytics/src/dashboard/dashboard-data.ts';
import { firstView, type ViewState } from '../../../packages/analytics/src/dashboard/view-state.ts';
import type { Filters } from '../../../packages/analytics/src/model/tally.ts';
import { queries } from '../../../packages/analytics/src/sql/queries.ts';

const median = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;

/** A database whose questions are asked one by one from outside, in turn with native DuckDB. */
let lake: Awaited<ReturnType<typeof connect>>;

async function openLake(): Promise<void> {
  lake = await connect({ lake: '/lake/' });
}

/** Milliseconds of one statement. */
async function timeQuery(sql: string): Promise<number> {
  const startedAt = performance.now();
  await lake.query(sql);
  return performance.now() - startedAt;
}

/** Milliseconds from nothing to all numbers of the dashboard over all rows, and of what a hand does then. */
async function timeDashboard(): Promise<Record<string, number>> {
  const startedAt = performance.now();
  const view: ViewState = { ...firstView, range: 'all' };
  const data = await DashboardData.open({ lake: '/lake/' }, view);
  const openedAt = performance.now();
  await data.read(view);
  const seen = data.see(view);
  const seenAt = performance.now();
  const time = (next: ViewState): number => {
    const startedAt = performance.now();
    data.see(next);
    return performance.now() - startedAt;
  };
  const slides = [30, 60, 300, 600, 1800, 3600, 14_400].map((sec) => time({ ...view, length: sec * 1000 }));
  const chosen: Filters[] = [
    { type: 'tablet' },
    { type: 'mobile', first: 'beer_products' },
    { last: 'beer_cart' },
    { user: '7' },
    { duration: { from: 5, to: 10 } },
    { hour: { day: 2, hour: 9 } },
  ];
  const filters = chosen.map((filters) => time({ ...view, length: 1_800_000, filters }));
  await data.close();
  return {
    sessions: seen.picture.sessions,
    rows: seen.rows,
    database: openedAt - startedAt,
    read: seenAt - openedAt,
    slider: median(slides),
    sliderMost: Math.max(...slides),
    filter: median(filters.slice(1)),
    filterMost: Math.max(...filters),
  };
}

/** Milliseconds of what the dashboard asks of single events, over all of them. */
async function timeEvents(): Promise<Record<string, number>> {
  const view: ViewState = { ...firstView, range: 'all' };
  const data = await DashboardData.open({ lake: '/lake/' }, view);
  await data.read(view);
  const { ask } = data.see(view);
  const time = async (task: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    await task();
    return performance.now() - startedAt;
  };
  const steps = ['beer_products', 'beer_product_detail', 'beer_selection', 'beer_checkout'];
  const took = {
    types: await time(() => data.readTypes(view)),
    topEvents: await time(() => data.ask(queries.topEvents(ask), ask)),
    funnel: await time(() => data.ask(queries.funnel({ ...ask, steps }), ask)),
    eventFilter: await time(async () => {
      const filtered = { ...view, filters: { event: 'beer_cart' } };
      await data.read(filtered);
      data.see(filtered);
    }),
  };
  await data.close();
  return took;
}

/** Two columns of one day. */
async function oneDay(fromAt: number): Promise<number> {
  const lake = await connect({ lake: '/lake/' });
  const relation = lake.relation('aggregated', { fromAt, toAt: fromAt + 86_400_000 });
  const [row] = await lake.query<{ n: number }>(`SELECT count(DISTINCT device_id) + sum(events) AS n FROM ${relation}`);
  await lake.close();
  return Number(row!.n);
}

Object.assign(globalThis, { bench: { openLake, timeQuery, timeDashboard, timeEvents, oneDay } });
document.title = 'ready';
