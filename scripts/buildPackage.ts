/**
 * `npm run build --workspace packages/NAME`: makes `dist` of the package in the working directory, which is what is published
 * (`npm publish ./dist`): JavaScript with types, as Node strips no types below node_modules. In the repository the sources
 * themselves run, so `exports` and `bin` of package.json name those, and its copy in `dist` what became of them.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is read of a package's package.json: places of exports and programs are TypeScript files below `src`. */
interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..');
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
const { scripts: _, devDependencies: __, private: ___, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8'));
const { exports, bin = {} } = manifest as Manifest;
const published = {
  ...manifest,
  exports: mapValues(exports, (source) => ({ types: built(source, '.d.ts'), default: built(source, '.js') })),
  ...(manifest.bin === undefined ? {} : { bin: mapValues(bin, (source) => built(`./${source}`, '.js').slice(2)) }),
};
writeFileSync('dist/package.json', `${JSON.stringify(published, null, 2)}\n`);
copyFileSync('README.md', 'dist/README.md');
copyFileSync(join(root, 'LICENSE'), 'dist/LICENSE');

/** `./src/forkHost.ts` as `./forkHost.js`. */
function built(source: string, extension: string): string {
  return source.replace(/^\.\/src\/(.*)\.ts$/, `./$1${extension}`);
}

function mapValues<T>(values: Readonly<Record<string, string>>, map: (value: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
