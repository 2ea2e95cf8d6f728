import { type BeerEvent, beerEvents, choice, type ClickSource, devices, type RandomClick } from './random-click.ts';

/** From each event the chance of the next; what is missing to 1 leaves the shop. */
const next: Record<BeerEvent, Partial<Record<BeerEvent, number>>> = {
  beer_vitrine_nav: { beer_vitrine_nav: 0.15, beer_products: 0.3, beer_product_detail: 0.4 },
  beer_products: { beer_vitrine_nav: 0.1, beer_products: 0.1, beer_product_detail: 0.6 },
  beer_product_detail: { beer_vitrine_nav: 0.1, beer_products: 0.25, beer_product_detail: 0.1, beer_selection: 0.35 },
  beer_selection: { beer_products: 0.25, beer_product_detail: 0.1, beer_cart: 0.55 },
  beer_cart: { beer_products: 0.1, beer_selection: 0.15, beer_checkout: 0.45 },
  beer_checkout: { beer_vitrine_nav: 0.1 },
};

/** Where visits begin; a product page is what search engines and friends link to. */
const doors: BeerEvent[] = [
  'beer_vitrine_nav',
  'beer_vitrine_nav',
  'beer_vitrine_nav',
  'beer_products',
  'beer_product_detail',
];

/** Seconds between two clicks: at least one, mostly under ten, now and then a long look. */
const shortestPauseMs = 1000;
const meanPauseMs = 7000;
const firstUser = 1000;
const users = 5000;

/** A visit is known by the click to come. */
type Visit = RandomClick;

/**
 * Visitors who shop: each looks around, reads, and leaves or buys, with a pause before each click. 5,000 users, some
 * of them regulars, mostly on one device. After the first half minute they make `perSecond` clicks on average.
 */
export function shopperClicks(perSecond: number, random: () => number): ClickSource {
  const meanGapMs = (1000 * meanClicks()) / perSecond;
  let visits: Visit[] = [];
  let nextVisitAt = 0;
  return (fromAt, toAt) => {
    // While nobody asked, the shop was shut: nobody came, and those inside stood still.
    nextVisitAt = Math.max(nextVisitAt, fromAt);
    for (; nextVisitAt <= toAt; nextVisitAt += exponential(meanGapMs, random)) visits.push(enter(nextVisitAt, random));
    const clicks: RandomClick[] = [];
    visits = visits.flatMap((visit) => proceed(stoodStill(visit, fromAt), toAt, clicks, random));
    return clicks.toSorted((a, b) => a.client_timestamp - b.client_timestamp);
  };
}

function enter(at: number, random: () => number): Visit {
  // The square makes some of them regulars.
  const user = firstUser + Math.floor(random() ** 2 * users);
  const own = devices[user % devices.length] ?? 'mobile';
  const device_id = random() < 0.85 ? own : choice(devices, random);
  return { user_id: user, device_id, client_event: choice(doors, random), client_timestamp: Math.floor(at) };
}

function stoodStill(visit: Visit, untilAt: number): Visit {
  return visit.client_timestamp < untilAt ? { ...visit, client_timestamp: untilAt } : visit;
}

/** Adds the clicks up to `toAt`; the visit with the click to come, or nothing if it left. */
function proceed(visit: Visit, toAt: number, clicks: RandomClick[], random: () => number): Visit[] {
  let click = visit;
  while (click.client_timestamp <= toAt) {
    clicks.push(click);
    const client_event = chosen(next[click.client_event], random());
    if (!client_event) return [];
    const pauseMs = shortestPauseMs + exponential(meanPauseMs - shortestPauseMs, random);
    click = { ...click, client_event, client_timestamp: Math.floor(click.client_timestamp + pauseMs) };
  }
  return [click];
}

function chosen(chances: Partial<Record<BeerEvent, number>>, at: number): BeerEvent | undefined {
  let sum = 0;
  return beerEvents.find((event) => at < (sum += chances[event] ?? 0));
}

function exponential(mean: number, random: () => number): number {
  return -Math.log(1 - random()) * mean;
}

/** Clicks of a visit, on average: the chances of the first, the second ... click, added up. */
function meanClicks(): number {
  let here = beerEvents.map((event) => doors.filter((door) => door === event).length / doors.length);
  let clicks = 0;
  for (let step = 0; step < 100; step += 1) {
    clicks += here.reduce((sum, share) => sum + share, 0);
    here = beerEvents.map((to) =>
      beerEvents.reduce((sum, from, index) => sum + (here[index] ?? 0) * (next[from][to] ?? 0), 0),
    );
  }
  return clicks;
}
