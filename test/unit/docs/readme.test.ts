import { expect, test } from 'vitest';
import type { z } from 'zod';
import { helpText } from '../../../src/cli/options/helpText.ts';
import { COMMANDS, OPTIONS, type OptionDescription } from '../../../src/cli/options/optionTable.ts';
import { SETTINGS } from '../../../src/config/schemas/settings.ts';
import { StartRequest } from '../../../src/contract/startRequest.ts';
import { readText, tableRows } from './markdown.ts';

const readme = readText('README.md');

/** Terms and descriptions of one section of the help, whose long descriptions go over several lines. */
function helpSection(title: string): string[][] {
  const lines = helpText().split('\n');
  const start = lines.indexOf(title);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 1, lines.indexOf('', start))) {
    const [, term, description] = /^ {2}(\S+)(?:\s+(.*))?$/.exec(line) ?? [];
    const last = rows.at(-1);
    if (term !== undefined && !line.startsWith('   ')) rows.push([`\`${term}\``, description ?? '']);
    else if (last !== undefined) last[1] = `${last[1]} ${line.trim()}`.trim();
  }
  return rows;
}

test('the README lists every option of the command as the help describes it', () => {
  const expected = OPTIONS.map(({ name, value, description, default: shown }: OptionDescription) => [
    `\`--${name}${value === undefined ? '' : ` ${value}`}\``,
    description,
    shown ?? '',
  ]);
  expect(tableRows(readme, 'Option')).toEqual(expected);
});

test('the README lists every command, environment variable and exit code of the help', () => {
  expect(tableRows(readme, 'Command')).toEqual(
    Object.entries(COMMANDS).map(([name, description]) => [`\`${name}\``, description]),
  );
  expect(tableRows(readme, 'Variable')).toEqual(helpSection('Environment:'));
  expect(tableRows(readme, 'Code')).toEqual(helpSection('Exit codes:'));
});

test('the README lists every app setting with its default and whether it is a secret', () => {
  const expected = SETTINGS.map(({ name, description, default: value, secret }) => [
    `\`${name}\``,
    description,
    value === null ? '' : `\`${value}\``,
    secret ? 'yes' : '',
  ]);
  expect(tableRows(readme, 'Setting')).toEqual(expected);
});

test('the README lists every route that the app registers, and no other', () => {
  const main = readText('src/main.ts');
  const registered = [
    ...[...main.matchAll(/^route\('\w+', \['(\w+)'\], '([^']+)'/gm)].map(([, method, path]) => `${method} ${path}`),
    ...[...main.matchAll(/^openRoute\('\w+', '([^']+)'/gm)].map(([, path]) => `GET ${path}`),
  ].map((route) => `\`${route.replace(' ', ' /api/')}\``);
  expect(registered.length).toBeGreaterThan(5);
  expect(tableRows(readme, 'Route').map(([route]) => route)).toEqual(expect.arrayContaining(registered));
  expect(registered).toHaveLength(tableRows(readme, 'Route').length);
});

/** Paths and descriptions of all keys of a schema, objects taken apart. */
function keysOf(schema: z.ZodObject, prefix = ''): string[][] {
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    const inner = (field as z.ZodOptional).def.innerType ?? field;
    const path = `${prefix}${key}`;
    if ('shape' in inner) return keysOf(inner as z.ZodObject, `${path}.`);
    const described = field as z.ZodType;
    return [[`\`${path}\``, described.description ?? (inner as z.ZodType).description ?? '']];
  });
}

test('the README lists every key of a start request as the schema describes it', () => {
  expect(tableRows(readme, 'Key')).toEqual(keysOf(StartRequest));
});
