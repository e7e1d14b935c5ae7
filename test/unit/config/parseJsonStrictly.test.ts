import { expect, test } from 'vitest';
import { parseJsonStrictly } from '../../../src/config/parseJsonStrictly.ts';
import { MigrationError } from '../../../src/errors.ts';

const failureOf = (text: string): MigrationError => {
  try {
    parseJsonStrictly(text, 'The text');
  } catch (error) {
    if (error instanceof MigrationError) return error;
    throw error;
  }
  throw new Error('It was read');
};

test.each([
  ['{"a": 1, "b": 2, "a": 3}', 'line 1, column 18: the key a appears here a second time'],
  ['{"s": {"x": 1,\n  "x": 1}}', 'line 2, column 3: the key x appears here a second time'],
  ['{"dryRun": true, "dry\\u0052un": false}', 'line 1, column 18: the key dryRun appears here a second time'],
  ['[{"__proto__": 1, "__proto__": 2}]', 'line 1, column 19: the key __proto__ appears here a second time'],
])('refuses %j, of which JSON.parse would drop a part', (text, where) => {
  JSON.parse(text);
  expect(failureOf(text).message).toBe(`The text: ${where}`);
  expect(failureOf(text).kind).toBe('config');
});

test('the same key in two objects is no fault', () => {
  const text =
    '\uFEFF{"source": {"secret": "A"}, "destination": {"secret": "A"}, "list": [{"a": 1}, {"a": 1}], "": {}}';
  expect(parseJsonStrictly(text, 'The text')).toEqual(JSON.parse(text.slice(1)));
});

test('a key that is a URI is not shown', () => {
  const uri = 'postgresql://me:hunter22@host/db';
  expect(failureOf(`{"${uri}": 1, "${uri}": 2}`).message).toMatch(/the key \(a URI\) appears here a second time$/);
});

test('brackets without end are refused, and a hundred levels are read', () => {
  expect(failureOf('['.repeat(1_000_000)).message).toMatch(/column 101: more than 100 levels are nested here$/);
  const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
  expect(JSON.stringify(parseJsonStrictly(deep, 'The text'))).toBe(deep);
});

test('agrees with JSON.parse on what is JSON', () => {
  const samples = [
    '1',
    '-0.5e+10',
    '"a\\"\\\\\\u00e4"',
    ' [1 , {"a":null}] ',
    'true',
    '""',
    '{}',
    '01',
    '+1',
    '.5',
    '1.',
  ];
  for (const text of [...samples, "'a'", '[1,]', 'nul', '"\t"', '"\\x"', '{"a"}', '[] []', '', ' ', '\u00a01', 'NaN']) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      expect(failureOf(text).message).toMatch(/^The text is not JSON: line 1, column \d+: /);
      continue;
    }
    expect(parseJsonStrictly(text, 'The text')).toEqual(value);
  }
});

test('a string of megabytes is read', () => {
  const text = JSON.stringify('x"\n'.repeat(1_000_000));
  expect(parseJsonStrictly(text, 'The text')).toBe(JSON.parse(text));
});
