import { resolve } from 'node:path';

import { config, observable } from '@observablehq/notebook-kit/vite';
import { type Alias, defineConfig } from 'vite';

import { localBuiltins } from './src/local-builtins.ts';
import { serveLake } from './src/serve-lake.ts';

const repository = resolve(import.meta.dirname, '../..');
const lake = resolve(repository, process.env.TAPHOUSE_DATA ?? 'data', 'lake');

const kit = config();
const aliases = kit.resolve?.alias as Alias[];

export default defineConfig({
  ...kit,
  // Without `npm:` imports, which would be fetched from a CDN: write the bare name of an installed package.
  resolve: { alias: aliases.filter(({ find }) => !String(find).includes('npm:')) },
  plugins: [
    localBuiltins(resolve(import.meta.dirname, 'index.html')),
    observable({ template: resolve(import.meta.dirname, 'template.html') }),
    serveLake(lake),
  ],
  build: { target: 'es2023', chunkSizeWarningLimit: 1500 },
  server: { host: '127.0.0.1', port: 7401, fs: { allow: [repository] } },
  preview: { host: '127.0.0.1', port: 7401 },
});
