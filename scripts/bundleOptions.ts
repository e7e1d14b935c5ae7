import type { BuildOptions, Plugin } from 'esbuild';
import { monitorPage } from './monitorPage.ts';

/**
 * How the function app becomes the one CommonJS file that the Functions worker loads (`package.json` → `main`).
 * `@azure/functions-core` is the worker's own module and stays a `require`; so does `pg-cloudflare`, which pg loads on
 * Cloudflare only, and which `npm ci --omit=optional` leaves out. Storage's SDK asks for `import.meta.url`,
 * which CommonJS has not: it gets the bundle's own. jsonc-parser's CommonJS form hides its parts from bundlers, so its other
 * one is taken. The live page goes in as one document.
 */
export const BUNDLE_OPTIONS: BuildOptions & { readonly plugins: Plugin[] } = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  keepNames: true,
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  external: ['@azure/functions-core', 'pg-cloudflare'],
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' },
  plugins: [monitorPage],
  logLevel: 'warning',
};
