import { testStream } from './conformance.ts';
import { openMemory } from './memory.ts';

testStream('memory', async (options) => {
  const stream = openMemory(options);
  return { stream, dispose: () => stream.close() };
});
