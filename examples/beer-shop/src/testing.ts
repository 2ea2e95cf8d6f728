/** For tests: what a buyer does. */
import type { Page } from 'playwright-core';

/** From the shelf to "Cheers!", one tagged click each, in the order of `beerEvents`. */
export async function buyABeer(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Hoppy' }).click();
  await page.getByRole('link', { name: 'All beers' }).first().click();
  await page.getByRole('link', { name: /^Hedgerow/ }).click();
  await page.getByRole('button', { name: 'Add to crate: Hedgerow' }).click();
  await page.getByRole('link', { name: /^Cart/ }).click();
  await page.getByRole('link', { name: 'Check out' }).click();
}
