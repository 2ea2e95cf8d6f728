/** The six events of the shop, in the order of a visit that ends in a sale. */
export const beerEvents = [
  'beer_vitrine_nav',
  'beer_products',
  'beer_product_detail',
  'beer_selection',
  'beer_cart',
  'beer_checkout',
] as const;

export type BeerEvent = (typeof beerEvents)[number];

/** Two phones and two computers for each tablet, as the article has it. */
export const devices = ['mobile', 'computer', 'tablet', 'mobile', 'computer'] as const;

/** What the article's generator sends: four fields, `user_id` a number. */
export interface RandomClick {
  user_id: number;
  device_id: (typeof devices)[number];
  client_event: BeerEvent;
  /** Milliseconds since 1970 UTC. */
  client_timestamp: number;
}

/** Gives the clicks after `fromAt`, up to and including `toAt`, in order of time; asked again from where it ended. */
export type ClickSource = (fromAt: number, toAt: number) => RandomClick[];

/**
 * One click of a random visitor, as the article's Python function makes it: `x = randint(1, 5) * 50`, then a user
 * from `x` to `x + 30` inclusive, so 155 users on three devices.
 *
 * @param atMs   when it happens, milliseconds since 1970 UTC
 * @param random as Math.random: at least 0, below 1
 */
export function randomClick(atMs: number, random: () => number): RandomClick {
  const x = integer(1, 5, random) * 50;
  return {
    user_id: integer(x, x + 30, random),
    device_id: choice(devices, random),
    client_event: choice(beerEvents, random),
    client_timestamp: atMs,
  };
}

/** The article's visitors: the first click at once, then `perSecond` of them, evenly. */
export function articleClicks(perSecond: number, random: () => number): ClickSource {
  let due = 1;
  return (fromAt, toAt) => {
    due += ((toAt - fromAt) * perSecond) / 1000;
    const count = Math.floor(due);
    due -= count;
    return Array.from({ length: count }, (_, index) =>
      randomClick(Math.floor(toAt - ((count - 1 - index) * 1000) / perSecond), random),
    );
  };
}

/** Both ends inclusive, as Python's randint. */
function integer(from: number, to: number, random: () => number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** One of `items`, each as likely as the others. */
export function choice<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}
