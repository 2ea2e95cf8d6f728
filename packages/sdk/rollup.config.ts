import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { transform } from 'esbuild';

/** Rollup bundles the source; esbuild only takes the types off. */
const types = {
  name: 'types',
  async transform(source, id) {
    if (!id.endsWith('.ts')) return null;
    const { code, map } = await transform(source, { loader: 'ts', target: 'es2022', sourcemap: true });
    return { code, map };
  },
};

export default {
  input: 'src/tag.ts',
  output: { file: 'dist/taphouse.js', format: 'iife', sourcemap: true },
  plugins: [
    nodeResolve({ extensions: ['.ts'] }),
    types,
    terser({
      ecma: 2020,
      compress: { passes: 3, unsafe_arrows: true, pure_getters: true },
      mangle: { toplevel: true },
    }),
  ],
};
