import { type Beer, beerOf } from './beers.ts';

/** A beer in the crate. */
export interface Line {
  beer: Beer;
  count: number;
}

const storageKey = 'copper-lane-crate';
/** Deposit on one bottle or can, euro cents. */
export const depositCents = 25;

let counts = load();
const listeners = new Set<() => void>();

/** What is in the crate, in the order it was put there. */
export function crateLines(): Line[] {
  return Object.entries(counts).flatMap(([slug, count]) => {
    const beer = beerOf(slug);
    return beer ? [{ beer, count }] : [];
  });
}

/** Bottles in the crate. */
export function crateCount(): number {
  return crateLines().reduce((sum, line) => sum + line.count, 0);
}

/** Price of the crate with deposit, euro cents. */
export function crateCents(): number {
  return crateLines().reduce((sum, { beer, count }) => sum + count * (beer.priceCents + depositCents), 0);
}

/** Puts `count` bottles in, or takes them out if it is negative. At most 24 of a beer. */
export function putInCrate(slug: string, count: number): void {
  const next = Math.min(24, (counts[slug] ?? 0) + count);
  const { [slug]: _, ...others } = counts;
  if (next <= 0) store(others);
  else store({ ...counts, [slug]: next });
}

export function emptyCrate(): void {
  store({});
}

/** Calls `listener` after each change. */
export function onCrateChange(listener: () => void): void {
  listeners.add(listener);
}

function store(next: Record<string, number>): void {
  counts = next;
  try {
    localStorage.setItem(storageKey, JSON.stringify(counts));
  } catch {
    // Storage is off: the crate lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function load(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}
