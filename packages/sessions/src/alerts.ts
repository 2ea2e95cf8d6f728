import type { SessionRow } from '@taphouse/schema';

/** A rule about closed sessions: all its conditions hold. */
export interface AlertRule {
  name: string;
  conditions: readonly Condition[];
}

interface Condition {
  field: Field;
  operator: Operator;
  value: number | string;
}

const numberFields = ['events', 'duration_sec'] as const;
const textFields = ['user_id', 'device_id', 'beginnavigation', 'endnavigation'] as const;
const operators = ['<', '<=', '>', '>=', '=', '!='] as const;
type Field = (typeof numberFields)[number] | (typeof textFields)[number];
type Operator = (typeof operators)[number];

/** A session that a rule is about. `row.row_id` is the same if the session is reported again after a crash. */
export interface Alert {
  rule: string;
  row: SessionRow;
}

/**
 * Reads TAPHOUSE_ALERTS: rules divided by `;`, each `name: condition and condition ...`, each condition a field, an operator
 * (< <= > >= = !=) and a number or a 'text'. Fields: events, duration_sec, user_id, device_id, beginnavigation, endnavigation.
 *
 * @example
 * parseAlerts("short: duration_sec < 20; lost: events > 5 and endnavigation = 'beer_cart'")
 * @throws RangeError that names what cannot be read
 */
export function parseAlerts(text: string): AlertRule[] {
  const rules = splitOutsideText(text, /;/y)
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '')
    .map(parseRule);
  const twice = rules.find((rule, i) => rules.findIndex(({ name }) => name === rule.name) < i);
  if (twice) throw new RangeError(`alerts: two rules are named ${twice.name}; give each its own name`);
  return rules;
}

/** The alerts that a closed session raises; a pure function of both. */
export function alertsOf(rules: readonly AlertRule[], row: SessionRow): Alert[] {
  return rules
    .filter((rule) => rule.conditions.every((condition) => holds(condition, row)))
    .map((rule) => ({ rule: rule.name, row }));
}

function parseRule(text: string): AlertRule {
  const match = /^([\w-]+)\s*:\s*(.+)$/s.exec(text);
  if (!match) throw new RangeError(`alerts: ${JSON.stringify(text)} is no rule; write name: duration_sec < 20`);
  const [, name, conditions] = match as unknown as [string, string, string];
  return {
    name,
    conditions: splitOutsideText(conditions, /\band\b/iy).map((part) => parseCondition(name, part.trim())),
  };
}

function parseCondition(rule: string, text: string): Condition {
  const match = /^(\w+)\s*(<=|>=|!=|<|>|=)\s*(-?\d+(?:\.\d+)?|'(?:[^']|'')*')$/.exec(text);
  if (!match) {
    throw new RangeError(
      `alerts: ${rule}: ${JSON.stringify(text)} is no condition; write a field, one of ${operators.join(' ')}, and a number or a 'text'`,
    );
  }
  const [, field, operator, written] = match as unknown as [string, string, Operator, string];
  const value = written.startsWith("'") ? written.slice(1, -1).replaceAll("''", "'") : Number(written);
  return { field: checkField(rule, field, value), operator, value };
}

function checkField(rule: string, field: string, value: number | string): Field {
  const fields: readonly string[] = typeof value === 'number' ? numberFields : textFields;
  if (fields.includes(field)) return field as Field;
  const kind = typeof value === 'number' ? 'a number' : 'a text';
  throw new RangeError(`alerts: ${rule}: ${field} is not compared with ${kind}; take one of ${fields.join(', ')}`);
}

function holds({ field, operator, value }: Condition, row: SessionRow): boolean {
  const actual = row[field];
  return {
    '<': actual < value,
    '<=': actual <= value,
    '>': actual > value,
    '>=': actual >= value,
    '=': actual === value,
    '!=': actual !== value,
  }[operator];
}

/** Parts of `text` between what `divider` matches, not looking into '...'. */
function splitOutsideText(text: string, divider: RegExp): string[] {
  const parts: string[] = [];
  let from = 0;
  let isText = false;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === "'") isText = !isText;
    divider.lastIndex = i;
    const found = isText ? null : divider.exec(text);
    if (!found) continue;
    parts.push(text.slice(from, i));
    from = i + found[0].length;
    i = from - 1;
  }
  return [...parts, text.slice(from)];
}
