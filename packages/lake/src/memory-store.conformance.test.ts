import { testObjectStore } from './conformance.ts';
import { memoryStore } from './memory-store.ts';

testObjectStore('memory', async () => {
  const store = memoryStore();
  return { store, other: store, dispose: async () => {} };
});
