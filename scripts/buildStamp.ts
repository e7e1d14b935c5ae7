import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the build is made of. Packages change with what npm notes when it installs. */
const INPUTS = [
  'package.json',
  'node_modules/.package-lock.json',
  'scripts/*.ts',
  'src/**/*.{ts,css,html}',
  'packages/*/package.json',
  'packages/*/src/**/*.ts',
];
/** What it leaves, a file for each bundle. */
const OUTPUTS = ['dist/main.cjs', 'dist/cli.cjs', 'dist/command/command.js'];
const STAMP = 'dist/.build';

/** Each file with its size and when it was written. */
function describe(root: string, files: readonly string[]): string[] {
  return files.map((file) => {
    const found = statSync(join(root, file), { throwIfNoEntry: false });
    return `${file} ${found?.size} ${found?.mtimeMs}`;
  });
}

/** What a build in `root` would be made of now: to be taken before it, so that what is changed meanwhile counts as changed. */
export function lookAtInputs(root: string): string {
  return [process.version, ...describe(root, globSync(INPUTS, { cwd: root }).toSorted())].join('\n');
}

/** Notes that what lies in `dist` was made of `inputs`. */
export function markBuilt(root: string, inputs: string): void {
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, STAMP), [inputs, ...describe(root, OUTPUTS)].join('\n'));
}

/** Is what lies in `dist` whole, and made of `inputs`? */
export function isBuilt(root: string, inputs: string): boolean {
  try {
    return readFileSync(join(root, STAMP), 'utf8') === [inputs, ...describe(root, OUTPUTS)].join('\n');
  } catch {
    return false;
  }
}
