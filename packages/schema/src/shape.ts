import { deviceTypes } from './click-event.ts';
import type { Limits } from './limits.ts';
import { controlRanges } from './text-rules.ts';

/**
 * How clients write an event: its keys in their order, those of its properties too, and of what kind each value is. A site
 * has few shapes and writes them over and over; events whose shape is known are checked by one regular expression, at a
 * fifth of what parsing costs.
 */
export interface Shape {
  /**
   * Matches a run of events of this shape with commas between, all of one user, device and `timeStepMs`; age and the limits
   * of long texts aside, whose counting takes half the time. Sticky: begins at `lastIndex`.
   */
  readonly run: RegExp;
  /** Groups of `run`; 0 for what the events do not say. */
  readonly groups: Readonly<Record<Captured, number>>;
  /** How each event begins: its brace and its first key. Between two quotes no event has another one of it. */
  readonly opening: string;
  /** Longest event that is in all limits if `run` matches it, characters. */
  readonly maxLooseLength: number;
  /** Matches, of an event without its closing brace, what parseBatch would take, age and size aside. */
  readonly exact: RegExp;
  /** What to write of the groups of `exact`, and in between; null if the event is stored as it came. */
  readonly pieces: readonly (number | string)[] | null;
  readonly keys: ReadonlySet<string>;
  /** As `shapeFault` counts those of one event, or more. */
  readonly values: number;
}

type Captured = 'user_id' | 'device_id' | 'client_timestamp';

/** Events of one run have the same time but for its last five digits, milliseconds. */
export const timeStepMs = 100_000;
/** Most events of a run: what the expression may go back to is on a stack, which must not outgrow its limit of 64 MB. */
const maxRun = 64;

/** A key and the kind of its value. */
export interface Field {
  key: string;
  kind: 'text' | 'empty' | 'number' | 'true' | 'false' | 'null' | 'object';
}

/** A key, and a value: text, number, word, or the beginning of an object. */
const field = /"([^"]+)":(?:"([^"]*)"|(-?\d[\d.]*)|(true|false|null)|(?=\{))/y;

/** How an event is written. */
export interface Fields {
  own: readonly Field[];
  /** Null if it has none. */
  properties: readonly Field[] | null;
}

/**
 * The fields of the event at `start`; null if it has spaces, an array, a key twice, or an object that is not its last
 * field or has one in it. The text must have no backslash.
 */
export function readFields(text: string, start: number): Fields | null {
  const own = readObject(text, start);
  if (!own || own.fields.at(-1)?.kind !== 'object') return own && { own: own.fields, properties: null };
  const properties = readObject(text, own.end);
  const whole = properties && properties.fields.at(-1)?.kind !== 'object' && text[properties.end] === '}';
  return whole ? { own: own.fields, properties: properties.fields } : null;
}

/** Up to its end or the first object in it. */
function readObject(text: string, start: number): { fields: Field[]; end: number } | null {
  const fields = new Map<string, Field>();
  if (text[start + 1] === '}') return { fields: [], end: start + 2 };
  for (let at = start; text[at] === (at === start ? '{' : ','); at = field.lastIndex) {
    field.lastIndex = at + 1;
    const [, key, value, number, word] = field.exec(text) ?? [];
    if (key === undefined || fields.has(key)) return null;
    fields.set(key, { key, kind: kindOf(value, number, word) });
  }
  const end = field.lastIndex;
  if ([...fields.values()].at(-1)?.kind === 'object')
    return text[end] === '{' ? { fields: [...fields.values()], end } : null;
  return text[end] === '}' ? { fields: [...fields.values()], end: end + 1 } : null;
}

function kindOf(value: string | undefined, number: string | undefined, word: string | undefined): Field['kind'] {
  if (value !== undefined) return value === '' ? 'empty' : 'text';
  if (number !== undefined) return 'number';
  return (word as 'true' | 'false' | 'null' | undefined) ?? 'object';
}

/** A part of an event: source that is stored as it is found, or between quotes, or in other words. */
type Part =
  | { keep: string }
  /** Kept; `again` has to be the same in all of a run. */
  | { before: string; again: string; after: string; as: Captured }
  | { quote: string }
  | { find: string; write: string };

const visible = String.raw`[^"\\${controlRanges}]`;
/** No escape is needed in it; and JSON has no controls in strings. */
const character = String.raw`[^"\\\u0000-\u001f]`;
/** Numbers that JSON.stringify writes as they are found: not 1.50, -0 or 1e3. */
const plainNumber = String.raw`0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,8})\.\d{0,5}[1-9]`;

/** The shape of events with these fields; null if parseBatch must look at each of them. */
export function eventShape({ own, properties }: Fields, limits: Limits): Shape | null {
  const keys = new Set(own.map(({ key }) => key));
  // An event without gets one made, each its own.
  if (!keys.has('event_id')) return null;
  // A wrong clock is put right by both.
  if (keys.has('clock_offset_ms') && !keys.has('client_timestamp')) return null;
  if (properties && properties.length > limits.maxProperties) return null;
  const { maxUrlLength, maxTextLength, maxPropertyValueLength } = limits;
  const endless = { ...limits, maxUrlLength: Infinity, maxTextLength: Infinity, maxPropertyValueLength: Infinity };
  const [exact, loose] = [partsOf(own, properties, limits), partsOf(own, properties, endless)];
  if (!exact || !loose) return null;
  return {
    ...compileExact(exact),
    ...compileRun(loose),
    opening: `{"${own[0]!.key}":`,
    maxLooseLength: Math.min(maxUrlLength, maxTextLength, maxPropertyValueLength),
    keys,
    values: own.length + (properties?.length ?? 0) + 2,
  };
}

/** All but the closing brace. */
function partsOf(own: readonly Field[], properties: readonly Field[] | null, limits: Limits): Part[] | null {
  const parts = partsOfObject(own, (one) => eventPart(one, limits));
  if (!properties) return parts;
  const more = partsOfObject(properties, (one) => propertyPart(one, limits));
  return parts && more && [...parts, ...more, { keep: String.raw`\}` }];
}

function eventPart({ key, kind }: Field, limits: Limits): Part | null {
  const name = `${visible}{1,${limits.maxNameLength}}`;
  switch (`${key} ${kind}`) {
    case 'event_id text':
      return { keep: String.raw`"[!#-\[\]-~]{1,${limits.maxEventIdLength}}"` };
    case 'user_id text':
      return { before: '"', again: name, after: '"', as: 'user_id' };
    case 'device_id text':
      return { before: '"', again: name, after: '"', as: 'device_id' };
    case 'client_event text':
      return { keep: `"${name}"` };
    case 'client_timestamp number':
      // All of 13 digits, which those between 2001 and 2286 are, in steps of `timeStepMs`.
      return { before: '', again: String.raw`[1-9]\d{7}`, after: String.raw`\d{5}`, as: 'client_timestamp' };
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

function partsOfObject(fields: readonly Field[], partOf: (field: Field) => Part | null): Part[] | null {
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
    const kept = keptSource(part);
    if (keeping !== (kept !== null)) {
      keeping = !keeping;
      source += keeping ? '(' : ')';
      if (keeping) pieces.push((groups += 1));
    }
    if (kept !== null) source += kept;
    else if ('quote' in part) {
      source += `(${part.quote})`;
      pieces.push('"', (groups += 1), '"');
    } else if ('find' in part) {
      source += part.find;
      pieces.push(part.write);
    }
  }
  const whole = keeping ? `^${source})$` : `^${source}$`;
  return { exact: new RegExp(whole), pieces: pieces.length === 1 ? null : pieces };
}

function keptSource(part: Part): string | null {
  if ('keep' in part) return part.keep;
  return 'as' in part ? part.before + part.again + part.after : null;
}

/** One expression of a first event, whose captured parts the others must repeat. */
function compileRun(parts: readonly Part[]): Pick<Shape, 'run' | 'groups'> {
  const groups = { user_id: 0, device_id: 0, client_timestamp: 0 };
  let first = '';
  let other = '';
  let count = 0;
  for (const part of parts) {
    if ('as' in part) {
      groups[part.as] = count += 1;
      first += `${part.before}(${part.again})${part.after}`;
      other += `${part.before}\\${count}${part.after}`;
    } else {
      const source = foundSource(part);
      first += source;
      other += source;
    }
  }
  return { run: new RegExp(String.raw`${first}\}(?:,${other}\}){0,${maxRun - 1}}`, 'y'), groups };
}

function foundSource(part: Exclude<Part, { as: Captured }>): string {
  if ('keep' in part) return part.keep;
  return 'quote' in part ? `(?:${part.quote})` : part.find;
}
