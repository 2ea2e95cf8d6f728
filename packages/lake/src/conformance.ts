/** What an `ObjectStore` is, as a test suite that each store runs. */
import { describe, expect, it } from 'vitest';

import { changeManifest, readManifest } from './manifest-protocol.ts';
import { type ObjectStore, ReplaceConflictError } from './object-store.ts';

export interface OpenedStore {
  /** Empty. */
  store: ObjectStore;
  /** The same objects through another connection, as another process would have it. */
  other: ObjectStore;
  dispose(): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function textOf(
  store: ObjectStore,
  key: string,
  range?: { start: number; end: number },
): Promise<string | undefined> {
  const found = await store.get(key, range);
  return found && new TextDecoder().decode(found.body);
}

/** Runs the suite on the store that `open` gives. */
export function testObjectStore(name: string, open: () => Promise<OpenedStore>): void {
  const on = async (test: (store: ObjectStore, other: ObjectStore) => Promise<void>): Promise<void> => {
    const opened = await open();
    try {
      await test(opened.store, opened.other);
    } finally {
      await opened.dispose();
    }
  };

  describe(`object store ${name}`, () => {
    it('gives what was put, whole, and nothing for a key that is not there', () =>
      on(async (store) => {
        await store.put('a/b=1/c.bin', new Uint8Array([0, 255, 10, 13]));
        expect([...((await store.get('a/b=1/c.bin'))?.body ?? [])]).toEqual([0, 255, 10, 13]);
        expect(await store.get('a/b=1/none')).toBeUndefined();
        expect(await store.get('a/b=1')).toBeUndefined();
      }));

    it('gives a part of an object, end exclusive, and the length of the whole', () =>
      on(async (store) => {
        await store.put('part', bytes('0123456789'));
        expect(await textOf(store, 'part', { start: 2, end: 5 })).toBe('234');
        expect(await textOf(store, 'part', { start: 7, end: 100 })).toBe('789');
        expect((await store.get('part', { start: 0, end: 1 }))?.totalBytes).toBe(10);
      }));

    it('puts in the place of an object before', () =>
      on(async (store, other) => {
        await store.put('x', bytes('long before'));
        await store.put('x', bytes('now'));
        expect(await textOf(other, 'x')).toBe('now');
      }));

    it('creates an object only where there is none', () =>
      on(async (store, other) => {
        await store.replace('t/manifest.json', bytes('1'), undefined);
        await expect(other.replace('t/manifest.json', bytes('2'), undefined)).rejects.toThrow(ReplaceConflictError);
        expect(await textOf(other, 't/manifest.json')).toBe('1');
      }));

    it('replaces only the content that the tag names', () =>
      on(async (store, other) => {
        const first = await store.replace('m', bytes('1'), undefined);
        expect((await other.get('m'))?.tag).toBe(first);
        const second = await other.replace('m', bytes('2'), first);
        await expect(store.replace('m', bytes('3'), first)).rejects.toThrow(ReplaceConflictError);
        expect(await textOf(store, 'm')).toBe('2');
        await store.replace('m', bytes('4'), second);
        expect(await textOf(other, 'm')).toBe('4');
      }));

    it('replaces an object that was put', () =>
      on(async (store, other) => {
        await store.put('m', bytes('1'));
        const tag = (await other.get('m'))?.tag;
        await other.replace('m', bytes('2'), tag);
        await expect(store.replace('m', bytes('3'), tag)).rejects.toThrow(ReplaceConflictError);
        await store.put('m', bytes('put again'));
        expect(await textOf(other, 'm')).toBe('put again');
      }));

    it('refuses to replace what is not there', () =>
      on(async (store) => {
        await expect(store.replace('m', bytes('1'), '7')).rejects.toThrow(ReplaceConflictError);
        expect(await store.get('m')).toBeUndefined();
      }));

    it('lets no change of a manifest be lost between writers', () =>
      on(async (store, other) => {
        const writers = [store, other, store, other];
        const rounds = 5;
        await Promise.all(
          writers.map(async (each, writer) => {
            for (let round = 0; round < rounds; round += 1) {
              const mark = { position: String(round), clockAt: 0, drained: false };
              await changeManifest(each, 'rawdata', 0, () => ({ marks: { [`${writer}-${round}`]: mark } }));
            }
          }),
        );
        const { manifest } = await readManifest(other, 'rawdata');
        expect(Object.keys(manifest.marks)).toHaveLength(writers.length * rounds);
        expect(manifest.version).toBe(writers.length * rounds);
      }));

    it('lists keys under a prefix, in order, with their length', () =>
      on(async (store, other) => {
        for (const key of ['t/year=2026/b', 't/year=2026/a', 't/manifest.json', 'u/a'])
          await store.put(key, bytes(key));
        await store.replace('t/manifest.json', bytes('longer than before'), (await store.get('t/manifest.json'))?.tag);
        const listed = await other.list('t/');
        expect(listed.map(({ key, bytes: length }) => [key, length])).toEqual([
          ['t/manifest.json', 18],
          ['t/year=2026/a', 13],
          ['t/year=2026/b', 13],
        ]);
        expect((await other.list('t/year=2026/a')).map(({ key }) => key)).toEqual(['t/year=2026/a']);
        expect(await other.list('none/')).toEqual([]);
      }));

    it('deletes objects, and does not mind those that are gone', () =>
      on(async (store, other) => {
        await store.put('a', bytes('a'));
        await store.replace('b', bytes('b'), undefined);
        await store.delete(['a', 'b', 'c']);
        expect([await other.get('a'), await other.get('b')]).toEqual([undefined, undefined]);
        await store.replace('b', bytes('again'), undefined);
        expect(await textOf(other, 'b')).toBe('again');
      }));

    it('keeps a body of a megabyte as it is', () =>
      on(async (store, other) => {
        const body = Uint8Array.from({ length: 1_048_577 }, (_, index) => (index * 7919) >> 3);
        await store.put('large', body);
        const found = (await other.get('large'))?.body;
        expect(found?.length).toBe(body.length);
        expect(found?.every((byte, index) => byte === body[index])).toBe(true);
      }));
  });
}
