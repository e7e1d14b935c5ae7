import { expect, test } from 'vitest';
import { heldText } from '../../../src/report/followText.ts';

test.each([
  [1, '1 row had changed'],
  [2, '2 rows had changed'],
])('a cut-over that waits for %i tells so in its number', (rows, reason) => {
  expect(heldText({ rows, writers: 0, prepared: 0 })).toBe(
    `The cut-over waits for a pass that finds no writer: ${reason} in the last one`,
  );
});
