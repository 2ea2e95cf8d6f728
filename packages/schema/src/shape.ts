import { deviceTypes } from './click-event.ts';
import type { Limits } from './limits.ts';
import { controlRanges } from './text-rules.ts';

/**
 * How clients write an object: its keys in their order, and of what kind each value is. A site has few shapes and writes
 * them over and over; an object whose shape is known is checked by one regular expression, at a fifth of what parsing costs.
 */
export interface Shape {
  /** Matches what parseBatch would take, age and size aside. Sticky: begins at `lastIndex`. */
  readonly exact: RegExp;
  /** What to write of the groups of `exact`, and in between; null if the object is stored as it came. */
  readonly pieces: readonly (number | string)[] | null;
  /** The same as `exact` but for the limits of long texts, whose counting takes half the time. */
  readonly loose: RegExp;
  /** Longest object that is in all limits if `loose` matches it, characters. */
  readonly maxLooseLength: number;
  /** Groups of `loose`; 0 for what the object does not say. */
  readonly groups: Readonly<Record<Captured, number>>;
  readonly keys: ReadonlySet<string>;
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

/** A part of an object: source that is stored as it is found, or between quotes, or in other words. `captured` has a group. */
type Part = { keep: string; captured?: Captured } | { quote: string } | { find: string; write: string };

const visible = String.raw`[^"\\${controlRanges}]`;
/** No escape is needed in it; and JSON has no controls in strings. */
const character = String.raw`[^"\\\u0000-\u001f]`;
/** Numbers that JSON.stringify writes as they are found: not 1.50, -0 or 1e3. */
const plainNumber = String.raw`0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,8})\.\d{0,5}[1-9]`;

/** The shape of events with these fields, without the closing brace; null if parseBatch must look at each of them. */
export function eventShape(fields: readonly Field[], limits: Limits): Shape | null {
  const keys = new Set(fields.map(({ key }) => key));
  // An event without gets one made, each its own.
  if (!keys.has('event_id')) return null;
  // A wrong clock is put right by both.
  if (keys.has('clock_offset_ms') && !keys.has('client_timestamp')) return null;
  return shapeOf(keys, limits, (within) => partsOf(fields, (one) => eventPart(one, within)));
}

/** The shape of properties with these fields, or null if parseBatch must look at each of them. */
export function propertiesShape(fields: readonly Field[], limits: Limits): Shape | null {
  if (fields.length > limits.maxProperties) return null;
  const end = { keep: String.raw`\}` };
  const keys = new Set(fields.map(({ key }) => key));
  return shapeOf(keys, limits, (within) => {
    const parts = partsOf(fields, (one) => propertyPart(one, within));
    return parts && [...parts, end];
  });
}

function shapeOf(
  keys: ReadonlySet<string>,
  limits: Limits,
  partsWithin: (limits: Limits) => Part[] | null,
): Shape | null {
  const { maxUrlLength, maxTextLength, maxPropertyValueLength } = limits;
  const endless = { ...limits, maxUrlLength: Infinity, maxTextLength: Infinity, maxPropertyValueLength: Infinity };
  const [exact, loose] = [partsWithin(limits), partsWithin(endless)];
  if (!exact || !loose) return null;
  return {
    ...compileExact(exact),
    ...compileLoose(loose),
    maxLooseLength: Math.min(maxUrlLength, maxTextLength, maxPropertyValueLength),
    keys,
  };
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
      return { keep: `"${character}${times(1, limits.maxUrlLength)}"` };
    case 'page_title text':
      return { keep: `"${character}${times(1, limits.maxTextLength)}"` };
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

function propertyPart({ key, kind }: Field, limits: Limits): Part | null {
  if (key.length > limits.maxPropertyKeyLength || !new RegExp(`^${visible}+$`).test(key)) return null;
  switch (kind) {
    case 'text':
    case 'empty':
      return { keep: `"${character}${times(0, limits.maxPropertyValueLength)}"` };
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

/** How often; JSON's texts have no quote inside, so without an end it still ends. */
function times(least: 0 | 1, most: number): string {
  if (most === Infinity) return least === 0 ? '*' : '+';
  return `{${least},${most}}`;
}

/** One expression of all parts; neighbours that are kept are one group. */
function compileExact(parts: readonly Part[]): Pick<Shape, 'exact' | 'pieces'> {
  const pieces: (number | string)[] = [];
  let source = '';
  let groups = 0;
  let keeping = false;
  for (const part of parts) {
    if (keeping !== 'keep' in part) {
      keeping = !keeping;
      source += keeping ? '(' : ')';
      if (keeping) pieces.push((groups += 1));
    }
    if ('keep' in part) {
      source += part.keep;
      if (part.captured) groups += 1;
    } else if ('quote' in part) {
      source += `(${part.quote})`;
      pieces.push('"', (groups += 1), '"');
    } else {
      source += part.find;
      pieces.push(part.write);
    }
  }
  return { exact: new RegExp(keeping ? `${source})` : source, 'y'), pieces: pieces.length === 1 ? null : pieces };
}

/** One expression of all parts, with groups of what is captured alone. */
function compileLoose(parts: readonly Part[]): Pick<Shape, 'loose' | 'groups'> {
  const groups = { user_id: 0, device_id: 0, client_timestamp: 0 };
  let source = '';
  let count = 0;
  for (const part of parts) {
    if ('keep' in part) {
      source += part.keep;
      if (part.captured) groups[part.captured] = count += 1;
    } else source += 'quote' in part ? `(?:${part.quote})` : part.find;
  }
  return { loose: new RegExp(source, 'y'), groups };
}
