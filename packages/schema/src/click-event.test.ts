import { expect, it } from 'vitest';
import { decodeEvents, encodeEvents } from './click-event.ts';
import { click } from './testing.ts';

it('writes one line an event and reads them back', () => {
  const events = [click(), click({ page_title: 'a\nb\r\u2028c "d" \\n', properties: { key: 'значение' } })];
  const lines = encodeEvents(events);
  expect(lines.split('\n')).toHaveLength(2);
  expect(decodeEvents(lines)).toEqual(events);
});

it('gives no events for no text', () => {
  expect(decodeEvents(encodeEvents([]))).toEqual([]);
});
