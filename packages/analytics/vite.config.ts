import { resolve } from 'node:path';

import { defineConfig } from 'vite';

const root = resolve(import.meta.dirname, 'src/pages');

/** The pages `taphouse start` serves: `/analytics/*` is dist/pages, `/dashboard/` and `/sql/` are their index files. */
export default defineConfig({
  root,
  base: '/analytics/',
  publicDir: false,
  build: {
    outDir: resolve(import.meta.dirname, 'dist/pages'),
    emptyOutDir: true,
    target: 'es2023',
    // An inlined asset is a data: URL, which the pages' own policy refuses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { dashboard: resolve(root, 'dashboard/index.html'), sql: resolve(root, 'sql/index.html') },
    },
  },
});
