import { type ObjectStore, ReplaceConflictError } from './object-store.ts';

/** An `ObjectStore` in memory: the specification of the others. */
export function memoryStore(): ObjectStore {
  const objects = new Map<string, { body: Uint8Array; tag: string; modifiedAt: number }>();
  let writes = 0;
  const set = (key: string, body: Uint8Array): string => {
    const tag = String(++writes);
    objects.set(key, { body: body.slice(), tag, modifiedAt: Date.now() });
    return tag;
  };
  return {
    get: async (key, range) => {
      const found = objects.get(key);
      if (!found) return undefined;
      const body = range ? found.body.slice(range.start, range.end) : found.body.slice();
      return { body, tag: found.tag, totalBytes: found.body.length };
    },
    put: async (key, body) => {
      set(key, body);
    },
    replace: async (key, body, tag) => {
      if (objects.get(key)?.tag !== tag) throw new ReplaceConflictError(key);
      return set(key, body);
    },
    list: async (prefix) =>
      [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { body, modifiedAt }]) => ({ key, bytes: body.length, modifiedAt }))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    delete: async (keys) => {
      for (const key of keys) objects.delete(key);
    },
  };
}
