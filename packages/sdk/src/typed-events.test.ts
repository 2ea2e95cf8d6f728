import { expect, test } from 'vitest';
import type { Client } from './client.ts';

interface ShopEvents {
  beer_checkout: { price: number; count?: number };
  beer_cart: { beer_id?: string };
}

/** Never run: whether it compiles is the test. */
function visit(shop: Client<ShopEvents>, any: Client): void {
  shop.track('beer_checkout', { price: 12.5 });
  shop.track('beer_cart');
  shop.track('beer_cart', { beer_id: '3' });
  any.track('whatever', { n: 1, ok: true, text: 'x' });
  any.track('whatever');
  // @ts-expect-error no such event
  shop.track('beer_chekout', { price: 1 });
  // @ts-expect-error a price is a number
  shop.track('beer_checkout', { price: '1' });
  // @ts-expect-error no such property
  shop.track('beer_checkout', { price: 1, prize: 2 });
  // @ts-expect-error the price is missing
  shop.track('beer_checkout');
}

test('a map of events makes wrong names and properties compile errors', () => {
  expect(visit).toBeTypeOf('function');
});
