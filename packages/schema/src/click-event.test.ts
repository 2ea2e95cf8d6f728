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

it('puts plain events together to the same text as JSON.stringify', () => {
  const events = [
    click({ properties: { size: '330', toString: 'x' } }),
    click({ page_url: 'https://a.example/?q=1', clock_offset_ms: -3, user_agent: 'a "b" \\ c', ip: '192.0.2.0' }),
    click({ page_title: 'жигулёвское 🍺', properties: { a: '', б: '2' }, device_type: null, user_agent: null }),
    click({ properties: JSON.parse('{"__proto__":"x"}') as Record<string, string> }),
  ];
  expect(encodeEvents(events, true)).toBe(encodeEvents(events));
  expect(encodeEvents([], true)).toBe('');
});
