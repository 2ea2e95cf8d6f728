import { defineConfig } from 'vite';

/** `vite` beside `npm start`: the shop with live reload, the SDK and the collector from there. */
const taphouse = 'http://127.0.0.1:7400';

export default defineConfig({
  server: { proxy: { '/sdk': taphouse, '/v1': taphouse, '/dashboard': taphouse, '/analytics': taphouse } },
  build: {
    // A content security policy of default-src 'self' has no place for data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
});
