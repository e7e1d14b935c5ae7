import { expect, test } from 'vitest';
import { findable } from '../../../../src/source/back/findable.ts';

test('a text with a zero byte finds nothing, and the others keep their places', () => {
  expect(findable([['a', 'b\0', 'c'], 'd\0', 'e', 1, null])).toEqual([['a', null, 'c'], null, 'e', 1, null]);
});
