import type { ClickEvent } from '../../packages/schema/src/index.ts';

/** What a stream of clicks is like. */
export interface ClickSource {
  /** Visitors, each on one device, all clicking all the time. */
  keys: number;
  /** Clicks of a visitor in 30 s, on average. */
  perWindow: number;
  seed: number;
}

const names = [
  'beer_vitrine_nav',
  'beer_products',
  'beer_product_detail',
  'beer_selection',
  'beer_cart',
  'beer_checkout',
];
const devices = ['mobile', 'computer', 'tablet'];
const startAt = Date.UTC(2026, 10, 23, 18);
const stepMs = 30_000;

/**
 * Clicks in slices of `size`, freshly parsed from JSON as the pump gets them: visitors at random, up to 2 s late, one in
 * fifty twice. The clock runs so fast that each visitor clicks `perWindow` times in 30 s.
 */
export function* clickSlices(
  { keys, perWindow, seed }: ClickSource,
  count: number,
  size = 1000,
): Generator<ClickEvent[]> {
  const random = randomOf(seed);
  const sequences = new Uint32Array(keys);
  const clicksPerMs = (keys * perWindow) / stepMs;
  let last = '';
  for (let done = 0; done < count; done += size) {
    const lines: string[] = [];
    for (let i = 0; i < size; i += 1) {
      if (last !== '' && random() < 0.02) {
        lines.push(last);
        continue;
      }
      const key = Math.floor(random() * keys);
      const at = Math.floor(startAt + (done + i) / clicksPerMs);
      last = JSON.stringify({
        event_id: `${instanceOf(key)}-${String(sequences[key]).padStart(8, '0')}`,
        user_id: `user-${key}`,
        device_id: devices[key % 3],
        client_event: names[Math.floor(random() * 6)],
        client_timestamp: at - Math.floor(random() * 2000),
        received_at: at,
      });
      sequences[key] = (sequences[key] as number) + 1;
      lines.push(last);
    }
    yield JSON.parse(`[${lines.join(',')}]`) as ClickEvent[];
  }
}

/** 16 letters and digits, as the SDK's instance ids are. */
function instanceOf(key: number): string {
  return ((key * 2654435761) % 2 ** 40).toString(36).padStart(16, 'taphouse');
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
