import { deviceTypes } from './click-event.ts';
import type { Limits } from './limits.ts';
import { controlRanges } from './text-rules.ts';

/**
 * How clients write an object: its keys in their order, and of what kind each value is. A site has few shapes and writes
 * them over and over; an object whose shape is known is checked by one regular expression, at a fifth of what parsing costs.
 */
export interface Shape {
  /** Matches what parseBatch would take, age and size aside. Sticky: begins at `lastIndex`. */
  readonly pattern: RegExp;
  readonly keys: ReadonlySet<string>;
  /** The object as it is stored: groups of `pattern`, and texts of our own between them. */
  readonly pieces: readonly (number | string)[];
  /** Groups of `pattern`; 0 for what the object does not say. */
  readonly groups: Readonly<Record<Captured, number>>;
}

type Captured = 'user_id' | 'device_id' | 'client_timestamp';

/** A key and the kind of its value. */
export interface Field {
  key: string;
  kind: 'text' | 'empty' | 'number' | 'true' | 'false' | 'null' | 'object';
}

/** A key, and a value: text, number, word, or the beginning of an object. */
const field = /"([^"]+)":(?:"([^"]*)"|(-?\d[\d.]*)|(true|false|null)|(?=\{))/y;

/**
 * The fields of the object at `start`, up to its end or the first object in it; null if it has spaces, an array, or a key
 * twice. The text must have no backslash.
 */
export function readFields(text: string, start: number): Field[] | null {
  const fields = new Map<string, Field>();
  if (text[start + 1] === '}') return [];
  for (let at = start; text[at] === (at === start ? '{' : ','); at = field.lastIndex) {
    field.lastIndex = at + 1;
    const [, key, value, number, word] = field.exec(text) ?? [];
    if (key === undefined || fields.has(key)) return null;
    fields.set(key, { key, kind: kindOf(value, number, word) });
  }
  const last = [...fields.values()].at(-1);
  return text[field.lastIndex] === (last?.kind === 'object' ? '{' : '}') ? [...fields.values()] : null;
}

function kindOf(value: string | undefined, number: string | undefined, word: string | undefined): Field['kind'] {
  if (value !== undefined) return value === '' ? 'empty' : 'text';
  if (number !== undefined) return 'number';
  return (word as 'true' | 'false' | 'null' | undefined) ?? 'object';
}

/** A part of an object: source that is stored as it is found, or between quotes, or in other words. */
type Part = { keep: string; captured?: Captured } | { quote: string } | { find: string; write: string };

const visible = String.raw`[^"\\${controlRanges}]`;
/** No escape is needed in it; and JSON has no controls in strings. */
const character = String.raw`[^"\\\u0000-\u001f]`;
/** Numbers that JSON.stringify writes as they are found: not 1.50, -0 or 1e3. */
const plainNumber = String.raw`0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,8})\.\d{0,5}[1-9]`;

/** The shape of events with these fields, without the closing brace; null if parseBatch must look at each of them. */
export function eventShape(fields: readonly Field[], limits: Limits): Shape | null {
  const keys = new Set(fields.map(({ key }) => key));
  // What no batch shares: an event without is refused, or given an id.
  if (!['event_id', 'client_event', 'client_timestamp'].every((key) => keys.has(key))) return null;
  const parts = partsOf(fields, (one) => eventPart(one, limits));
  return parts && { keys, ...compile(parts) };
}

function eventPart({ key, kind }: Field, limits: Limits): Part | null {
  const name = `${visible}{1,${limits.maxNameLength}}`;
  switch (`${key} ${kind}`) {
    case 'event_id text':
      return { keep: String.raw`"[!#-\[\]-~]{1,${limits.maxEventIdLength}}"` };
    case 'user_id text':
      return { keep: `"(${name})"`, captured: 'user_id' };
    case 'device_id text':
      return { keep: `"(${name})"`, captured: 'device_id' };
    case 'client_event text':
      return { keep: `"${name}"` };
    case 'client_timestamp number':
      return { keep: String.raw`([1-9]\d{0,14})`, captured: 'client_timestamp' };
    case 'page_url text':
    case 'referrer text':
      return { keep: `"${character}{1,${limits.maxUrlLength}}"` };
    case 'page_title text':
      return { keep: `"${character}{1,${limits.maxTextLength}}"` };
    case 'page_url empty':
    case 'page_title empty':
    case 'referrer empty':
      return { find: '""', write: 'null' };
    case 'page_url null':
    case 'page_title null':
    case 'referrer null':
      return { keep: 'null' };
    case 'device_type text':
      return { keep: `"(?:${deviceTypes.join('|')})"` };
    case 'clock_offset_ms number':
      return { keep: String.raw`(?:0|-?[1-9]\d{0,8})` };
    case 'properties object':
      return { keep: '' };
    default:
      return null;
  }
}

/** The shape of properties with these fields, or null if parseBatch must look at each of them. */
export function propertiesShape(fields: readonly Field[], limits: Limits): Shape | null {
  if (fields.length > limits.maxProperties) return null;
  const parts = partsOf(fields, (one) => propertyPart(one, limits));
  return parts && { keys: new Set(), ...compile([...parts, { keep: String.raw`\}` }]) };
}

function propertyPart({ key, kind }: Field, limits: Limits): Part | null {
  if (key.length > limits.maxPropertyKeyLength || !new RegExp(`^${visible}+$`).test(key)) return null;
  switch (kind) {
    case 'text':
    case 'empty':
      return { keep: `"${character}{0,${limits.maxPropertyValueLength}}"` };
    case 'number':
      return { quote: plainNumber };
    case 'true':
    case 'false':
      return { find: kind, write: `"${kind}"` };
    default:
      return null;
  }
}

function partsOf(fields: readonly Field[], partOf: (field: Field) => Part | null): Part[] | null {
  const parts: Part[] = [{ keep: String.raw`\{` }];
  for (const [i, one] of fields.entries()) {
    const value = partOf(one);
    if (!value) return null;
    const key = one.key.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    parts.push({ keep: `${i === 0 ? '' : ','}"${key}":` }, value);
  }
  return parts;
}

/** One expression of all parts; neighbours that are kept are one group. */
function compile(parts: readonly Part[]): Omit<Shape, 'keys'> {
  const pieces: (number | string)[] = [];
  const groups = { user_id: 0, device_id: 0, client_timestamp: 0 };
  let source = '';
  let count = 0;
  let keeping = false;
  for (const part of parts) {
    if (keeping !== 'keep' in part) {
      keeping = !keeping;
      source += keeping ? '(' : ')';
      if (keeping) pieces.push((count += 1));
    }
    if ('keep' in part) {
      source += part.keep;
      if (part.captured) groups[part.captured] = count += 1;
    } else if ('quote' in part) {
      source += `(${part.quote})`;
      pieces.push('"', (count += 1), '"');
    } else {
      source += part.find;
      pieces.push(part.write);
    }
  }
  return { pattern: new RegExp(keeping ? `${source})` : source, 'y'), pieces, groups };
}
