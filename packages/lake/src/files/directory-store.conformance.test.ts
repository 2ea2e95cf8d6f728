import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testObjectStore } from '../conformance.ts';
import { directoryStore } from './directory-store.ts';

testObjectStore('folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    store: directoryStore(folder),
    other: directoryStore(folder),
    dispose: () => rm(folder, { recursive: true }),
  };
});
