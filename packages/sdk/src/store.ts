import { options } from './options.ts';

/** localStorage, which reads as a plain object, so that memory can stand in for it. */
let disk: Record<string, string> = {};
/** The same, until the disk refuses a text for being full: from then on this page works on a copy. */
export let texts: Record<string, string> & { clear?: unknown } = disk;
/** The document, where it has cookies. */
export let jar = { cookie: '' };
/** Begins our own keys, and those of this site among others of the origin. */
export let prefix: string;

/** Opens localStorage. */
export function openStore(): void {
  prefix = `taphouse_${options.writeKey}.`;
  try {
    if (!options.cookieless) {
      // The getter throws where storage is blocked, as cookies do, and is null in some web views. https://crbug.com/357625
      texts = disk = localStorage ?? disk;
      jar = document;
    }
  } catch {
    // Memory it is.
  }
}

export const read = (name: string): string | undefined => texts[prefix + name];

/** A number once written, else 0. */
export const readNumber = (name: string): number => +(read(name) as string) || 0;

/** Erases what has this key. */
export function erase(key: string): void {
  delete texts[key];
  delete disk[key];
}

/** Whether anything may be stored or sent: an explicit choice ('' is no) wins over Global Privacy Control. */
export const allowed = (): unknown =>
  read('consent') ?? !(options.consent || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl);

/** Gives back the value. */
export function write<Value extends string | number>(name: string, value: Value): Value {
  // Also an answer that comes after a no leaves nothing behind.
  if (name === 'consent' || allowed())
    try {
      texts[prefix + name] = value as string;
    } catch {
      texts = { ...texts, [prefix + name]: value as string };
    }
  return value;
}

/** Keys of the names that begin with `start`, in byte order. */
export const keysOf = (start: string): string[] =>
  Object.keys(texts)
    .filter((key) => key.startsWith(prefix + start))
    // oxlint-disable-next-line unicorn/no-array-sort -- a new array already
    .sort();

/** Ends a cookie of the collector. */
export function endCookie(name: string): void {
  jar.cookie = `taphouse_${name}=;path=/;max-age=0`;
}
