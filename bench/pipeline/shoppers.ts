import { type ClickEvent, encodeEvents, partitionKey } from '../../packages/schema/src/index.ts';
import type { StreamRecord } from '../../packages/streams/src/index.ts';

/** Who clicks: visitors in turn, each with one batch of clicks that all came in the seconds before it is sent. */
export interface Shoppers {
  visitors: number;
  perBatch: number;
}

/** A batch is made of its number and the time it is first sent, and of nothing else: so it can be told what was sent. */
export interface SentBatch {
  number: number;
  /** Milliseconds since 1970 UTC; a retry keeps it. */
  sentAt: number;
}

const clickGapMs = 700;
const devices = ['mobile', 'computer', 'tablet'];
const names = [
  'beer_vitrine_nav',
  'beer_products',
  'beer_product_detail',
  'beer_selection',
  'beer_cart',
  'beer_checkout',
];
const page = {
  page_url: 'https://shop.example/beers/pilsner?ref=shelf',
  page_title: 'Pilsner, 500 ml: the beer shop',
  referrer: 'https://shop.example/',
};
const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

/** The body of a batch as the SDK sends it. */
export function bodyOf(shoppers: Shoppers, { number, sentAt }: SentBatch): string {
  const visitor = number % shoppers.visitors;
  const events = clicks(shoppers, { number, sentAt });
  const context = { user_id: userOf(visitor), device_id: deviceOf(visitor), ...page };
  return JSON.stringify({ write_key: 'demo', sent_at: sentAt, clock_offset_ms: 12, context, events });
}

/** The record of a batch as the collector stores it. */
export function recordOf(shoppers: Shoppers, { number, sentAt }: SentBatch): StreamRecord {
  const visitor = number % shoppers.visitors;
  const user_id = userOf(visitor);
  const device_id = deviceOf(visitor);
  const events = clicks(shoppers, { number, sentAt }).map(
    ({ event_id, client_event, client_timestamp, properties }): ClickEvent => ({
      event_id,
      user_id,
      device_id,
      client_event,
      client_timestamp,
      received_at: sentAt,
      ...page,
      device_type: 'computer',
      properties,
      clock_offset_ms: 12,
      ip: '127.0.0.0',
      user_agent: userAgent,
    }),
  );
  return { partitionKey: partitionKey(user_id, device_id), data: encodeEvents(events) };
}

/** The headers that go with a body. */
export const headers = { 'Content-Type': 'text/plain', 'User-Agent': userAgent };

/** The events of all batches of a table (number, sent_at in ms) as DuckDB SQL: the same again, said another way. */
export function eventsOf({ visitors, perBatch }: Shoppers, batches: string): string {
  const list = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(', ')}]`;
  return `
SELECT 'tap' || lpad((number % ${visitors})::VARCHAR, 13, '0') || '-' ||
         lpad(((number // ${visitors}) * ${perBatch} + j)::VARCHAR, 8, '0') AS event_id,
       'u' || (number % ${visitors}) AS user_id,
       ${list(devices)}[(number % ${visitors}) % 3 + 1] AS device_id,
       ${list(names)}[(number + j) % 6 + 1] AS client_event,
       make_timestamp((sent_at - (${perBatch - 1} - j) * ${clickGapMs}) * 1000) AS client_timestamp,
       make_timestamp(sent_at * 1000) AS received_at
FROM ${batches}, range(${perBatch}) AS r(j)`;
}

function clicks(
  { visitors, perBatch }: Shoppers,
  { number, sentAt }: SentBatch,
): Pick<ClickEvent, 'event_id' | 'client_event' | 'client_timestamp' | 'properties'>[] {
  const instance = `tap${String(number % visitors).padStart(13, '0')}`;
  const first = Math.floor(number / visitors) * perBatch;
  return Array.from({ length: perBatch }, (_, j) => ({
    event_id: `${instance}-${String(first + j).padStart(8, '0')}`,
    client_event: names[(number + j) % 6] as string,
    client_timestamp: sentAt - (perBatch - 1 - j) * clickGapMs,
    properties: { product: 'pilsner', size: '500', price: '3.20' },
  }));
}

function userOf(visitor: number): string {
  return `u${visitor}`;
}

function deviceOf(visitor: number): string {
  return devices[visitor % 3] as string;
}
