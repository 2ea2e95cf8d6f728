import { openChromium } from '@taphouse/test-browser';
import { expect, test } from 'vitest';

import { openTapWith, post, temporaryFolder } from './tap.ts';

const token = 'a-token-of-the-test';

test('with a token, clicks come in as before, and the dashboard opens once it is given', async () => {
  await using folder = await temporaryFolder();
  const tap = await openTapWith({ TAPHOUSE_TOKEN: token }, folder.path, '--window', '1s');
  const browser = await openChromium();
  try {
    const click = { user_id: 1, device_id: 'mobile', client_event: 'beer_cart', client_timestamp: Date.now() };
    expect((await post(tap.url, [click])).status).toBe(204);
    for (const path of ['/lake/rawdata/manifest.json', '/v1/live', '/metrics', '/sql/'])
      expect((await fetch(tap.url + path)).status).toBe(401);
    const metrics = await fetch(`${tap.url}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
    expect(await metrics.text()).toContain('taphouse_');
    expect(tap.output()).not.toContain(token);

    const page = await browser.newPage();
    await page.goto(`${tap.url}/dashboard/`);
    await page.getByLabel('Token').fill('not-the-token-of-it');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('That is not the token.').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('live, read now').waitFor();
    expect(page.url()).not.toContain('token');
  } finally {
    await browser.close();
    await tap.stop('SIGTERM');
  }
});
