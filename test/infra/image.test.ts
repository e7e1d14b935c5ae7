import { existsSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { COMMAND_OPTIONS } from '../../scripts/bundleOptions.ts';

// There is no Docker where the tests run: CI builds the image (.github/workflows/image.yml). What can be read is held to here.

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Instructions of the Dockerfile, those of several lines as one. */
const INSTRUCTIONS = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '');

function argumentsOf(instruction: string): string[] {
  return INSTRUCTIONS.filter((line) => line.startsWith(`${instruction} `)).map((line) =>
    line.slice(instruction.length + 1),
  );
}

/** Does `.dockerignore` leave a file out? The last pattern that fits decides, and a directory speaks for what is in it. */
function isLeftOut(path: string): boolean {
  const lines = read('.dockerignore').split('\n');
  const patterns = lines.filter((line) => line !== '' && !line.startsWith('#'));
  // A star matches a dot at the beginning for Docker, and not here.
  const fits = (pattern: string) => pattern === '*' || matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`);
  const last = patterns.findLast((pattern) => fits(pattern.replace('!', '')));
  return last !== undefined && !last.startsWith('!');
}

test('what the build copies, reads and packs is there, and goes to Docker', () => {
  const copied = argumentsOf('COPY').filter((line) => !line.startsWith('--from') && line !== '. .');
  const files = copied.flatMap((line) => line.split(' ').slice(0, -1));
  const packed = manifest.files.filter((file) => !file.startsWith('dist'));
  const needed = [...files, ...packed, 'README.md', 'LICENSE', 'tsconfig.json', 'scripts/build.ts', 'src/main.ts'];
  expect(needed.filter((file) => !existsSync(join(ROOT, file)) || isLeftOut(file))).toEqual([]);
});

test('nothing of this machine and no test goes to Docker', () => {
  const strangers = ['local.settings.json', '.git/config', '.mlflow-migrate/lab/host.json', 'node_modules/pg/index.js'];
  const tests = ['test/bundle/bundle.test.ts', 'packages/functions-host/test/apps.test.ts', '.env', 'dist/main.cjs'];
  expect([...strangers, ...tests].filter((file) => !isLeftOut(file))).toEqual([]);
});

test('every workspace is copied before npm installs, as npm ci asks for all of them', () => {
  const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, unknown>> };
  const workspaces = Object.keys(lock.packages).filter((path) => path.startsWith('packages/'));
  const copied = argumentsOf('COPY').join('\n');
  expect(workspaces.filter((path) => !copied.includes(`${path}/package.json`))).toEqual([]);
});

test('the image runs as nobody in particular, and starts programs that are in the package', () => {
  expect(argumentsOf('USER')).toEqual(['65532:65532']);
  const started = [...argumentsOf('ENTRYPOINT'), ...argumentsOf('HEALTHCHECK')].flatMap((line) => [
    ...line.matchAll(/\/opt\/mlflow-migrate\/([^"]+)/g),
  ]);
  const programs = Object.keys(COMMAND_OPTIONS.entryPoints ?? {}).map((name) => `dist/command/${name}.js`);
  const known = [manifest.bin['mlflow-migrate'], ...programs];
  expect(started.map(([, file]) => file)).toHaveLength(2);
  expect(started.filter(([, file = '']) => !known.includes(file))).toEqual([]);
});
