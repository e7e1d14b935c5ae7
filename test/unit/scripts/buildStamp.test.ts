import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isBuilt, lookAtInputs, markBuilt } from '../../../scripts/buildStamp.ts';

let root: string;
const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};
const isUpToDate = (): boolean => isBuilt(root, lookAtInputs(root));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mlflow-build-'));
  for (const file of ['package.json', 'src/main.ts', 'src/monitor/style.css', 'packages/a/src/b.ts']) write(file, '{}');
  const inputs = lookAtInputs(root);
  for (const file of ['main.cjs', 'cli.cjs', 'command/command.js']) write(`dist/${file}`, 'built');
  markBuilt(root, inputs);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('what was built of the files as they are need not be built again', () => {
  expect(isUpToDate()).toBe(true);
});

test.each([
  ['a source', () => write('src/main.ts', '{ }')],
  ['the style of the live page', () => write('src/monitor/style.css', 'a {}')],
  ['a file of a package', () => write('packages/a/src/b.ts', '{ }')],
  ['a source that is new', () => write('src/steps/other.ts', '{}')],
  ['a source that is gone', () => rmSync(join(root, 'packages/a/src/b.ts'))],
  ['what npm has installed', () => write('node_modules/.package-lock.json', '{}')],
  ['a bundle that something else has written', () => write('dist/main.cjs', 'other')],
  ['a bundle that is gone', () => rmSync(join(root, 'dist/command'), { recursive: true })],
  ['a build that has left no word of itself', () => rmSync(join(root, 'dist/.build'))],
])('%s is a reason to build', (_what, change) => {
  change();
  expect(isUpToDate()).toBe(false);
});

test('a file that is changed while it is built is a reason to build again', () => {
  const inputs = lookAtInputs(root);
  write('src/main.ts', 'changed meanwhile');
  markBuilt(root, inputs);
  expect(isUpToDate()).toBe(false);
});
