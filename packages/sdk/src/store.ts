import { options } from './options.ts';

/** localStorage reads as a plain object, so memory can stand in for it. */
type Texts = Record<string, string>;

/** What the disk refuses (full or blocked) lives here, as long as the page. */
const memory: Texts = {};
let disk: Texts = {};

/** Opens localStorage. */
export function openStore(): void {
  try {
    // The getter throws where storage is blocked, and is null in some web views. https://crbug.com/357625
    if (!options.cookieless) disk = localStorage ?? disk;
  } catch {
    // Memory it is.
  }
}

/** Keys of our own, and of this site among those that share the origin. */
const keyOf = (name: string): string => `taphouse.${options.writeKey}.${name}`;

export const read = (name: string): string | undefined => disk[keyOf(name)] ?? memory[keyOf(name)];

/** A number once written, else 0. */
export const readNumber = (name: string): number => +(read(name) ?? 0);

export function erase(name: string): void {
  delete disk[keyOf(name)];
  delete memory[keyOf(name)];
}

export function write(name: string, value: string | number): void {
  erase(name);
  try {
    disk[keyOf(name)] = `${value}`;
  } catch {
    memory[keyOf(name)] = `${value}`;
  }
}

/** Names that begin with `start`, in byte order. */
export const namesOf = (start: string): string[] =>
  Object.keys(disk)
    .concat(Object.keys(memory))
    .filter((key) => key.startsWith(keyOf(start)))
    .map((key) => key.slice(keyOf('').length))
    .toSorted();
