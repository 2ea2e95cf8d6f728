import { nodeResolve } from '@rollup/plugin-node-resolve';
import { transform } from 'esbuild';
import type { Plugin, RollupOptions } from 'rollup';
import { smaller } from './smaller.ts';

/** Rollup bundles the source; esbuild only takes the types off. */
const types: Plugin = {
  name: 'types',
  async transform(source, id) {
    if (!id.endsWith('.ts')) return null;
    const { code } = await transform(source, { loader: 'ts', target: 'es2022' });
    return { code, map: null };
  },
};

/** What makes plain script of the source. */
export const unpacked: Plugin[] = [nodeResolve({ extensions: ['.ts'] }), types];

export const plugins: Plugin[] = [...unpacked, smaller];

/** The script-tag file. */
const config: RollupOptions = {
  input: 'src/tag.ts',
  output: { file: 'dist/taphouse.js', format: 'es' },
  plugins,
};

export default config;
