import { options } from './options.ts';

/** localStorage, which reads as a plain object, so that memory can stand in for it. */
let disk: Record<string, string> = {};
/** The same, until the disk refuses a text for being full: from then on this page works on a copy. */
let texts = disk;
/** Whether what is written outlives the page. */
export let lasting = false;
/** Begins our own keys, and those of this site among others of the origin. */
let prefix: string;

/** Opens localStorage. */
export function openStore(): void {
  prefix = `taphouse.${options.writeKey}.`;
  try {
    // The getter throws where storage is blocked, and is null in some web views. https://crbug.com/357625
    if (!options.cookieless) texts = disk = localStorage ?? disk;
    lasting = texts === localStorage;
  } catch {
    // Memory it is.
  }
}

export const read = (name: string): string | undefined => texts[prefix + name];

/** A number once written, else 0. */
export const readNumber = (name: string): number => Number(read(name)) || 0;

export function erase(name: string): void {
  delete texts[prefix + name];
  delete disk[prefix + name];
}

/** Whether anything may be stored or sent: an explicit choice ('' is no) wins over Global Privacy Control. */
export const allowed = (): boolean =>
  !!(read('consent') ?? !(options.consent || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl));

export function write(name: string, value: string | number): void {
  // Also an answer that comes after a no leaves nothing behind.
  if (name !== 'consent' && !allowed()) return;
  try {
    texts[prefix + name] = value as string;
  } catch {
    texts = { ...texts, [prefix + name]: value as string };
    lasting = false;
  }
}

/** Names that begin with `start`, in byte order. */
export const namesOf = (start: string): string[] =>
  Object.keys(texts)
    .filter((key) => key.startsWith(prefix + start))
    .map((key) => key.slice(prefix.length))
    .toSorted();
