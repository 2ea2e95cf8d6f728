import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@taphouse/schema';
import { expect, it } from 'vitest';
import { openApi } from '../open-api.ts';

const document = readFileSync(join(import.meta.dirname, '../../../../docs/protocol.md'), 'utf8');

it.each([
  ['body as sent', `${limits.maxBodyBytes.toLocaleString('en')} bytes`],
  ['body expanded', `${limits.maxExpandedBytes.toLocaleString('en')} bytes`],
  ['events in a batch', limits.maxEvents.toLocaleString('en')],
  ['an event as stored', `${limits.maxEventBytes.toLocaleString('en')} bytes`],
  ['nesting of the JSON text', `${limits.maxDepth} levels`],
  ['keys of one object', String(limits.maxKeys)],
  ['values in the JSON text', limits.maxValues.toLocaleString('en')],
])('docs/protocol.md says of %s what is in force: %s', (what, figure) => {
  expect(document).toContain(`| ${what} | ${figure} |`);
});

it('docs/protocol.md says the limits of fields that are in force', () => {
  for (const figure of [
    `up to ${limits.maxNameLength} characters, or an integer`,
    `up to ${limits.maxUrlLength.toLocaleString('en')} characters`,
    `up to ${limits.maxTextLength} characters`,
    `up to ${limits.maxEventIdLength} characters`,
    `up to ${limits.maxProperties} entries; keys up to ${limits.maxPropertyKeyLength} characters; text up to ${limits.maxPropertyValueLength.toLocaleString('en')}`,
    `At most ${limits.maxAgeMs / 86_400_000} days old and ${limits.maxAheadMs / 60_000} minutes ahead`,
  ])
    expect(document).toContain(figure);
});

it('docs/protocol.md names every route', () => {
  for (const path of Object.keys(openApi('/v1', { live: true }).paths as object)) expect(document).toContain(path);
});
