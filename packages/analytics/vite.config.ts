import { resolve } from 'node:path';

import { defineConfig, type Plugin } from 'vite';

const root = resolve(import.meta.dirname, 'src/pages');

const shorten = (style: string): string => style.replace(/\s+/g, ' ').replace(/ ?([{};,]) ?/g, '$1');

/** Styles of elements are template literals, whose white space no minifier may touch: here it means nothing. */
const shortStyles: Plugin = {
  name: 'short-styles',
  transform(code, id) {
    if (!id.startsWith(resolve(import.meta.dirname, 'src'))) return null;
    return { code: code.replace(/css`[^`]*`/g, shorten), map: null };
  },
};

/** The pages `taphouse start` serves: `/analytics/*` is dist/pages, `/dashboard/` and `/sql/` are their index files. */
export default defineConfig({
  root,
  base: '/analytics/',
  publicDir: false,
  plugins: [shortStyles],
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
      // One chunk, whatever else is split off: in pieces it compresses worse, and is fetched one after the other.
      output: {
        codeSplitting: { groups: [{ name: 'duckdb', test: /node_modules.*(@duckdb|apache-arrow|flatbuffers|tslib)/ }] },
      },
      input: { dashboard: resolve(root, 'dashboard/index.html'), sql: resolve(root, 'sql/index.html') },
    },
  },
});
