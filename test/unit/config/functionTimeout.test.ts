import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { readFunctionTimeout } from '../../../src/config/functionTimeout.ts';

const FILE = join(mkdtempSync(join(tmpdir(), 'host-')), 'host.json');
const read = (host: object, env = {}) => {
  writeFileSync(FILE, JSON.stringify(host));
  return readFunctionTimeout(pathToFileURL(FILE), env);
};

test.each([
  ['00:30:00', 1_800_000],
  ['0:0:1.5', 1_500],
  ['1.02:00:00', 93_600_000],
  ['-1', Number.POSITIVE_INFINITY],
])('a functionTimeout of %s', (functionTimeout, expected) => {
  expect(read({ functionTimeout })).toBe(expected);
});

test('a host.json that names none has no limit, and a setting of the host comes first', () => {
  expect(read({})).toBe(Number.POSITIVE_INFINITY);
  expect(read({ functionTimeout: '00:30:00' }, { AzureFunctionsJobHost__functionTimeout: '00:00:10' })).toBe(10_000);
});

test.each(['half an hour', '30', '', '00:30'])('%j is no time', (functionTimeout) => {
  expect(() => read({ functionTimeout })).toThrow('functionTimeout in host.json is no time');
});

test('where a setting of the host is no time, that setting is named', () => {
  expect(() => read({ functionTimeout: '00:30:00' }, { AzureFunctionsJobHost__functionTimeout: '30 min' })).toThrow(
    'The setting AzureFunctionsJobHost__functionTimeout is no time',
  );
});
