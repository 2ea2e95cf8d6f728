/** A key that batches must carry, and from which pages. */
export interface WriteKey {
  key: string;
  /**
   * Origins of pages that may use it, such as `https://shop.example`. Absent: any. What is no page, a server or an app,
   * names none and may use any key: it could name whichever it likes.
   */
  origins?: readonly string[];
}

/** What the collector asks of its write keys. */
export interface KeyRing {
  /** The key if it is known, or if any is taken; else undefined. */
  find(key: string | null): WriteKey | undefined;
  /** Whether a page of this origin may use any key at all: what a preflight, which carries no key, can be told. */
  mayAllow(origin: string): boolean;
}

const anyKey: WriteKey = { key: '' };

/** Looks keys up; without `keys`, any key or none is taken. */
export function createKeyRing(keys: readonly (string | WriteKey)[] | undefined): KeyRing {
  if (!keys) return { find: () => anyKey, mayAllow: () => true };
  const byKey = new Map<string, WriteKey>();
  for (const key of keys) {
    const writeKey = typeof key === 'string' ? { key } : key;
    byKey.set(writeKey.key, writeKey);
  }
  return {
    find: (key) => (key === null ? undefined : byKey.get(key)),
    mayAllow: (origin) => [...byKey.values()].some((key) => allows(key, origin)),
  };
}

/** Whether a page of this origin may use the key. */
export function allows({ origins }: WriteKey, origin: string): boolean {
  return origins === undefined || origins.includes(origin);
}
