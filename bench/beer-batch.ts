/** A batch of 20 events of one visitor, 7 kB, as a client without a context of shared fields sends it. */
export function beerBatch(): string {
  const now = Date.now();
  const events = Array.from({ length: 20 }, (_, i) => ({
    event_id: `mcx0k3b1q7zk2m9p-${String(i).padStart(8, '0')}`,
    user_id: '57',
    device_id: 'mobile',
    client_event: 'beer_product_detail',
    client_timestamp: now - i * 100,
    page_url: 'https://shop.example/beers/pilsner?ref=shelf',
    page_title: 'Pilsner, 500 ml: the beer shop',
    referrer: 'https://shop.example/',
    properties: { product: 'pilsner', size: '500', price: '3.20' },
  }));
  return JSON.stringify({ write_key: 'demo', sent_at: now, clock_offset_ms: 12, batch_id: 'bench', events });
}
