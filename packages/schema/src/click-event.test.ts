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

it('cuts lines between events and nowhere else, whatever they hold', () => {
  const seam = '},{"event_id":';
  const events = [
    click({ page_title: seam, properties: { [seam]: seam, event_id: 'x', size: '330' } }),
    click({ page_title: `\\${seam}`, client_event: '{"event_id":', user_agent: `"${seam}` }),
    click({ properties: JSON.parse('{"__proto__":"x"}') as Record<string, string> }),
  ];
  expect(encodeEvents(events)).toBe(events.map((event) => JSON.stringify(event)).join('\n'));
  expect(decodeEvents(encodeEvents(events))).toEqual(events);
});
