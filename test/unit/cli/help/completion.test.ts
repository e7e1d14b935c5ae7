import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { bashCompletion } from '../../../../src/cli/help/completion/bash.ts';
import { fishCompletion } from '../../../../src/cli/help/completion/fish.ts';
import { zshCompletion } from '../../../../src/cli/help/completion/zsh.ts';
import { COMMANDS, OPTIONS } from '../../../../src/cli/options/optionTable.ts';

/** What bash proposes for the last of these words, as its Tab asks the function of the script. */
function proposed(...words: readonly string[]): string[] {
  const script = `${bashCompletion()}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mlflow_migrate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '-c', script, 'bash', 'mlflow-migrate', ...words], {
    encoding: 'utf8',
  });
  return output.split('\n').filter((line) => line !== '');
}

test('bash proposes commands, and what each of them reads', () => {
  expect(proposed('re')).toEqual(['report', 'resume']);
  expect(proposed('--dr')).toEqual(['--dry-run', '--drop-target']);
  expect(proposed('status', '--dr')).toEqual([]);
  expect(proposed('status', 'lab', '--js')).toEqual(['--json']);
  expect(proposed('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
});

test('bash proposes the words of an option that takes one of a few, and nothing where anything may stand', () => {
  expect(proposed('--layout', '')).toEqual(['tables', 'mlflow']);
  expect(proposed('--validate', 'c')).toEqual(['counts']);
  // As bash takes --layout=m apart.
  expect(proposed('--layout', '=', 'm')).toEqual(['mlflow']);
  expect(proposed('--layout', '=')).toEqual(['tables', 'mlflow']);
  expect(proposed('--name', '')).toEqual([]);
});

test.each([
  ['bash', bashCompletion, '--'],
  ['zsh', zshCompletion, '--'],
  ['fish', fishCompletion, '-l '],
])('%s knows every command and option', (_shell, script, dash) => {
  const text = script();
  const missing = [...Object.keys(COMMANDS), ...OPTIONS.map(({ name }) => `${dash}${name}`)].filter(
    (word) => !new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text),
  );
  expect(missing).toEqual([]);
});
