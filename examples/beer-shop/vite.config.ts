import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    // A content security policy of default-src 'self' has no place for data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
});
