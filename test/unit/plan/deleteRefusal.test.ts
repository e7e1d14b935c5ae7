import { expect, test } from 'vitest';
import { deleteRefusal } from '../../../src/plan/deleteRefusal.ts';

const found = (vanished: number, documents = 20_000) => ({
  runs: { documents, vanished },
  tags: { documents: 5, vanished: 0 },
});

test.each([
  [1_000, 3_000, true],
  [1_001, 3_000, false],
  [2_000, 20_000, true],
  [2_001, 20_000, false],
])('%i of %i documents without consent: %s', (vanished, documents, isAllowed) => {
  expect(deleteRefusal(found(vanished, documents), {}, null, false) === null).toBe(isAllowed);
});

test('what was deleted before by the run counts as well', () => {
  expect(deleteRefusal(found(600, 3_000), { runs: 600 }, null, false)?.kind).toBe('deletes-need-consent');
  expect(deleteRefusal(found(600), { tags: 401 }, 1_000, false)?.hint).toContain('--allow-deletes 1001');
});

test('a consent is for a number or for all, and 0 allows none', () => {
  expect(deleteRefusal(found(7), {}, 7, false)).toBeNull();
  expect(deleteRefusal(found(7), {}, 6, false)?.message).toContain('runs: 7 of 20,000');
  expect(deleteRefusal(found(1), {}, 0, false)?.message).toMatch(/^1 document has no row .*nothing was deleted/);
  expect(deleteRefusal(found(9_999), {}, 'all', true)).toBeNull();
});

test('a target that is being adopted asks for the first one', () => {
  expect(deleteRefusal(found(1), {}, null, true)?.kind).toBe('deletes-need-consent');
  expect(deleteRefusal(found(0), {}, null, true)).toBeNull();
});
