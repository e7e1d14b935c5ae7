import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { howToGoOn } from '../../src/cli/display/statusText.ts';
import type { OptionName } from '../../src/cli/options/optionTable.ts';
import { parseArguments } from '../../src/cli/options/parseArguments.ts';
import { readOptions } from '../../src/cli/options/readOptions.ts';
import { commandFor } from '../../src/cli/place/commandFor.ts';
import { goOnCommand } from '../../src/cli/run/goOnCommand.ts';
import { parseNames, writeNames } from '../../src/contract/parseNames.ts';
import { tableNotes } from '../../src/mlflow/schema/tableNotes.ts';
import { quoteShell, shellOption } from '../../src/quoteShell.ts';
import { inUse } from '../../src/target/claimRefusals.ts';
import { statusOf } from '../cli/fakeApp.ts';
import { ROOT } from './docs/markdown.ts';

/** Words as bash makes them of lines, one list for each. */
function wordsOf(lines: readonly string[]): string[][] {
  const script = [`say() { printf '%s\\0' "$#" "$@"; }`, ...lines.map((line) => `say ${line}`)].join('\n');
  const out = execFileSync('bash', ['-c', script], { encoding: 'utf8', env: { LC_ALL: 'C', HOME: '/root' } });
  const said = out.split('\0');
  return lines.map(() => said.splice(0, Number(said.shift())));
}

/** What PostgreSQL takes for the name of a table. */
const HARD = [
  'user rights',
  "it's",
  'say "no"',
  '$HOME',
  '`id`',
  '$(id)',
  '-rf',
  '--resume',
  'a,b',
  ' padded ',
  'a;b|c&d',
  '*',
  '~',
  '#x',
  '!1',
  '{a,b}',
  'back\\slash',
  "tab\tand 'quote'\\",
  'übermäßig',
  'a\u0085b',
  '"',
  '=ls',
];

/** The options that calls of the command read, when they are pasted. */
function pasted(lines: readonly string[]) {
  return wordsOf(lines).map(([, ...words]) => readOptions(parseArguments(words), {}));
}

describe('quoting for a shell', () => {
  test('bash takes a quoted word for one, whatever is in it', () => {
    const characters = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));
    const words = fc.array(fc.oneof(characters, fc.constantFrom(...HARD, 'two\nlines')), { maxLength: 20 });
    const lists = fc.sample(words, { numRuns: 200, seed: 7 });
    expect(wordsOf(lists.map((list) => list.map(quoteShell).join(' ')))).toEqual(lists);
  });

  test('what needs no quotes has none', () => {
    expect(['runs', '/srv/my-state', 'a,b', 'https://h:1/x?', ''].map(quoteShell)).toEqual([
      ...['runs', '/srv/my-state', 'a,b'],
      ...["'https://h:1/x?'", "''"],
    ]);
  });

  test('a list of names is written as it is read, whatever the names are', () => {
    expect(parseNames(writeNames(HARD))).toEqual(HARD);
    expect(writeNames(['runs', 'tags'])).toBe('runs,tags');
  });

  test('a table that a note would leave out is left out when the line is pasted', () => {
    const lines = HARD.map((table) => {
      const schema = { schema: 'public', serverVersion: 180_000, revisions: [], tables: [{ name: table }] };
      const [note] = tableNotes(schema as unknown as Parameters<typeof tableNotes>[0], { [table]: 1 });
      return `mlflow-migrate ${/; (--exclude.*) leaves it out$/s.exec(note?.message ?? '')?.[1]}`;
    });
    expect(pasted(lines).map(({ exclude }) => exclude)).toEqual(HARD.map((table) => [table]));
  });

  test('a migration, a directory and options are found again when a line that names them is pasted', () => {
    // A derived name begins with the database's.
    const name = '-lab-to-x';
    const lines = HARD.flatMap((stateDirectory) => {
      const place = { url: null, stateDirectory };
      const given = new Map<OptionName, string | true>([
        ['state-dir', stateDirectory],
        ['exclude', writeNames(HARD)],
      ]);
      return [
        commandFor('cancel', name, place),
        howToGoOn(statusOf({ name }), place),
        goOnCommand('migrate', given, name),
      ];
    });
    const read = pasted(lines);
    expect(read.map((options) => options.name)).toEqual(lines.map(() => name));
    expect(read.map(({ stateDirectory }) => stateDirectory)).toEqual(HARD.flatMap((one) => [one, one, one]));
    expect(read.flatMap(({ exclude }) => (exclude === null ? [] : [exclude]))).toEqual(HARD.map(() => HARD));
    const [deployed] = pasted([commandFor('status', name, { url: 'https://app.example', stateDirectory: '' })]);
    expect([deployed?.name, deployed?.url]).toEqual([name, 'https://app.example']);
    const writer = { token: 't', migration: name, run: 'r', heardAt: '2026-11-28T00:00:00Z' };
    const { hint } = inUse('h/d', writer, 'other');
    expect(hint).toContain('--resume --name=-lab-to-x)');
    expect(hint).toContain('mlflow-migrate cancel --name=-lab-to-x and');
  });

  test('no command line is composed without it', () => {
    // Numbers, names of layouts and scripts, messages that are no commands, and Azure's commands, whose values are looked at first.
    const known =
      /(?:--allow-deletes \$\{before \+ wanted\}|--layout \$\{other\.layout\}|--for \$\{target\} needs|--config \$\{why\}|--silent \$\{event\})$/;
    const composed = /--[a-z][a-z-]*(?: |=)["']?\$\{(?!shellOption\()[^}]*\}(?: needs)?/g;
    const files = globSync('{src,scripts}/**/*.ts', { cwd: ROOT }).filter(
      (file) => file !== join('src', 'config', 'grantsFor.ts'),
    );
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(composed)].map(([words]) => `${file}: ${words}`),
    );
    expect(found.filter((one) => !known.test(one))).toEqual([]);
  });

  test('an option whose value begins with a dash is not taken for two', () => {
    expect(shellOption('name', '-x')).toBe('--name=-x');
    expect(shellOption('name', 'x y')).toBe("--name 'x y'");
  });
});
