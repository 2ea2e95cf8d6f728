import { defineConfig } from 'vitest/config';

const own = ['packages/*/src/**', 'examples/*/src/**', 'test/*/src/**'];
const ending = (kind: string): string[] => own.map((folder) => `${folder}/*.${kind}.test.ts`);

/** How long `expect.poll` asks: machines are slow, and a test that waits in vain fails all the same. */
const patient = { poll: { timeout: 20_000 } };

/** A test's project is in its name: `x.test.ts` is a unit test, `x.browser.test.ts` runs in Chromium, and so on. */
export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default', 'json'] : ['default'],
    // Most of the longest tests wait, for windows to close and pages to settle.
    maxWorkers: 3,
    outputFile: { json: 'test-results/vitest.json' },
    projects: [
      {
        test: {
          name: 'unit',
          expect: patient,
          include: own.map((folder) => `${folder}/*.test.ts`),
          testTimeout: 30_000,
          exclude: [...ending('conformance'), ...ending('browser'), ...ending('e2e'), '**/node_modules/**'],
        },
      },
      { test: { name: 'conformance', expect: patient, include: ending('conformance'), testTimeout: 60_000 } },
      {
        test: {
          name: 'browser',
          expect: patient,
          include: ending('browser'),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          expect: patient,
          include: ending('e2e'),
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
