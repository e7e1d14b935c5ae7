import { build } from 'esbuild';
import { BUNDLE_OPTIONS } from './bundleOptions.ts';

/** Bundles the function app: see {@link BUNDLE_OPTIONS}. */
await build({
  ...BUNDLE_OPTIONS,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.cjs',
  minify: true,
  sourcemap: true,
});
