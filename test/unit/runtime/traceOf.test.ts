import { expect, test } from 'vitest';
import { traceOf } from '../../../src/runtime/traceOf.ts';

const VALUE = 'a value of a row';

test('an error of others is logged by its class, its code and its place, never by its message', () => {
  const cause = Object.assign(new RangeError(`invalid input syntax: "${VALUE}\n    at ${VALUE}"`), { code: '22P02' });
  const trace = traceOf(new SyntaxError(`Unexpected token in ${VALUE}`, { cause }));
  expect(trace).not.toContain(VALUE);
  const lines = trace.split('\n');
  expect(lines[0]).toBe('SyntaxError');
  expect(lines[1]).toMatch(/^ {4}at .*traceOf\.test\.ts/);
  expect(lines).toContain('Caused by: RangeError (22P02)');
});

test('a stack that was made before its message, or none, tells nothing but the class', () => {
  const late = new TypeError('short');
  expect(late.stack).toContain('short');
  late.message = VALUE;
  expect(traceOf(late)).toBe('TypeError');
  const without = new Error(VALUE);
  delete without.stack;
  expect(traceOf(without)).toBe('Error');
  expect(traceOf(VALUE)).toBe('unknown failure');
  expect(traceOf(Object.assign(new Error(), { code: VALUE }))).toMatch(/^Error\n {4}at /);
});

test('causes that lead back to themselves end', () => {
  const one = new Error('one');
  one.cause = new Error('other', { cause: one });
  expect(traceOf(one).match(/Caused by/g)).toHaveLength(4);
});
