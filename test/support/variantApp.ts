import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { monitorPage } from '../../scripts/monitorPage.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A change to one file of the source, by its path from the root. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A built app that differs from this one in some places, as another release does. */
export interface VariantApp extends AsyncDisposable {
  readonly directory: string;
}

/** Builds it. Throws where an edit finds nothing to change. */
export async function buildVariant(edits: readonly Edit[]): Promise<VariantApp> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-variant-'));
  await mkdir(join(directory, 'dist'));
  const unused = new Set(edits);
  const change = async (file: string): Promise<string> => {
    let text = await readFile(join(ROOT, file), 'utf8');
    for (const edit of edits.filter((one) => one.file === file)) {
      if (!text.includes(edit.from)) throw new Error(`${file} does not hold ${JSON.stringify(edit.from)}`);
      text = text.replace(edit.from, () => edit.to);
      unused.delete(edit);
    }
    return text;
  };
  // As scripts/build.ts builds it.
  await build({
    entryPoints: [join(ROOT, 'src/main.ts')],
    outfile: join(directory, 'dist/main.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    keepNames: true,
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    external: ['@azure/functions-core'],
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'bundleUrl' },
    logLevel: 'warning',
    plugins: [
      monitorPage,
      {
        name: 'edits',
        setup: ({ onLoad }) => {
          onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, async ({ path }) => ({
            contents: await change(relative(ROOT, path).replaceAll('\\', '/')),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  await writeFile(join(directory, 'host.json'), await change('host.json'));
  await cp(join(ROOT, 'package.json'), join(directory, 'package.json'));
  if (unused.size > 0) throw new Error(`Edits of files that the app has not: ${[...unused].map(({ file }) => file)}`);
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}
