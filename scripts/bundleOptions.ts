import type { BuildOptions, Plugin } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { monitorPage } from './monitorPage.ts';

/**
 * Holds for both bundles. `@azure/functions-core` is the worker's own module and stays a `require`; so does `pg-cloudflare`,
 * which pg loads on Cloudflare only, and which `npm ci --omit=optional` leaves out. jsonc-parser's CommonJS form hides its parts
 * from bundlers, so its other one is taken.
 */
const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  keepNames: true,
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  external: ['@azure/functions-core', 'pg-cloudflare'],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * How the function app becomes the one CommonJS file that the Functions worker loads (`package.json` → `main`).
 * Storage's SDK asks for `import.meta.url`, which CommonJS has not: it gets the bundle's own. The live page goes in as one document.
 */
export const BUNDLE_OPTIONS: BuildOptions & { readonly plugins: Plugin[] } = {
  ...COMMON,
  format: 'cjs',
  // What is imported late is Node's own or in the bundle, and `require` has both at once: an import makes Node's `vm` warn.
  supported: { 'dynamic-import': false },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' },
  plugins: [monitorPage],
};

/**
 * How the command becomes `dist/command`, for an installation without any dependency: what it imports late stays a file of its own,
 * and the programs that it starts as processes lie beside it under the names that they have in the repository, flat, as each is
 * looked for beside the module that starts it. The drivers are CommonJS and need a `require`.
 */
export const COMMAND_OPTIONS: BuildOptions = {
  ...COMMON,
  format: 'esm',
  splitting: true,
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  entryPoints: {
    command: 'src/cli/main.ts',
    healthMain: 'src/cli/healthMain.ts',
    main: 'packages/functions-host/src/main.ts',
    guardMain: 'packages/dev-servers/src/process/guardMain.ts',
    downloadMain: 'packages/dev-servers/src/mongod/downloadMain.ts',
    azuriteMain: 'packages/dev-servers/src/azurite/azuriteMain.ts',
  },
  outdir: 'dist/command',
};

/** How the file that looks at Node's version becomes `dist/cli.cjs` (`package.json` → `bin`): see src/cli/start.ts. */
export const STARTER_OPTIONS: BuildOptions = {
  entryPoints: ['src/cli/start.ts'],
  outfile: 'dist/cli.cjs',
  platform: 'node',
  format: 'cjs',
  target: 'node12',
  supported: { 'dynamic-import': true },
  define: { OLDEST_NODE: JSON.stringify(manifest.engines.node.replace('>=', '')) },
  banner: { js: '#!/usr/bin/env node' },
  logLevel: 'warning',
};
