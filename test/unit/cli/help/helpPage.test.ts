import { expect, test } from 'vitest';
import { helpPage } from '../../../../src/cli/help/helpPage.ts';
import { helpText } from '../../../../src/cli/help/helpText.ts';
import { OPTIONS_OF } from '../../../../src/cli/options/optionsOf.ts';
import { COMMANDS, type CommandName } from '../../../../src/cli/options/optionTable.ts';

const NAMES = Object.keys(COMMANDS) as CommandName[];

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

test.each([null, ...NAMES])('the help of %s fits a terminal of 25 lines and 80 columns', (command) => {
  const page = helpPage(command);
  expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  expect(widest(page)).toBeLessThanOrEqual(80);
});

test.each(NAMES)('the help of %s names every option that it reads', (command) => {
  const words = helpPage(command).split(/\s+/);
  expect(OPTIONS_OF[command].filter((name) => !words.includes(`--${name}`))).toEqual([]);
});

test('the overview names every command', () => {
  const words = helpPage(null).split(/\s+/);
  expect(NAMES.filter((name) => !words.includes(name))).toEqual([]);
});

test('the whole help is 80 columns wide, too', () => {
  expect(widest(helpText())).toBeLessThanOrEqual(80);
});

test('verify-report takes a place, not the name of a migration', () => {
  expect(helpPage('verify-report')).toContain('Usage: mlflow-migrate verify-report DIR|FILE [options]');
});
