import { sessionRow } from '@taphouse/schema/testing';
import { describe, expect, it } from 'vitest';
import { alertsOf, parseAlerts } from './alerts.ts';

const raised = (rules: string, row: Parameters<typeof sessionRow>[0]): string[] =>
  alertsOf(parseAlerts(rules), sessionRow(row)).map((alert) => alert.rule);

describe('alerts', () => {
  it('are raised by sessions shorter than the article said', () => {
    expect(raised('short: duration_sec < 20', { duration_sec: 19 })).toEqual(['short']);
    expect(raised('short: duration_sec < 20', { duration_sec: 20 })).toEqual([]);
  });

  it('need all conditions of a rule, and any of the rules', () => {
    const rules = "lost: events >= 5 and endnavigation = 'beer_cart'; any: events > 0; none: events != 5";
    expect(raised(rules, { events: 5, endnavigation: 'beer_cart' })).toEqual(['lost', 'any']);
    expect(raised(rules, { events: 4, endnavigation: 'beer_cart' })).toEqual(['any', 'none']);
  });

  it('compare with text that holds anything', () => {
    const row = { endnavigation: "it's; a and b" };
    expect(raised("odd: endnavigation = 'it''s; a and b' and events <= 1;", row)).toEqual(['odd']);
  });

  it('come with the row', () => {
    const row = sessionRow();
    expect(alertsOf(parseAlerts('all: events >= 1'), row)).toEqual([{ rule: 'all', row }]);
  });

  it.each([
    ['duration_sec < 20', /is no rule; write name/],
    ['a: duration < 20', /a: duration is not compared with a number; take one of events, duration_sec/],
    ["a: events = 'x'", /events is not compared with a text/],
    ['a: events ~ 3', /is no condition/],
    ['a: events < 3 or events > 5', /is no condition/],
    ['a: events < 3; a: events > 5', /two rules are named a/],
  ])('say what is wrong with %s', (text, message) => {
    expect(() => parseAlerts(text)).toThrow(message);
    expect(() => parseAlerts(text)).toThrow(RangeError);
  });

  it('may be none', () => {
    expect(parseAlerts(' ; ')).toEqual([]);
  });
});
