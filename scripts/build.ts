import { build } from 'esbuild';

/**
 * Bundles the function app into the one CommonJS file that the Functions worker loads (`package.json` → `main`).
 * `@azure/functions-core` is the worker's own module and stays a `require`; so does `pg-cloudflare`, which pg loads on
 * Cloudflare only, and which `npm ci --omit=optional` leaves out. Storage's SDK asks for `import.meta.url`,
 * which CommonJS has not: it gets the bundle's own.
 */
await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.cjs',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  keepNames: true,
  sourcemap: true,
  external: ['@azure/functions-core', 'pg-cloudflare'],
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' },
  logLevel: 'warning',
});
