import { expect, test } from 'vitest';
import { timeRefusal } from '../../../../src/steps/back/assertTimeEnough.ts';

const HALF_AN_HOUR = 30 * 60_000;

test.each([
  [36_000_000, 'source', HALF_AN_HOUR, null],
  [
    36_000_001,
    'source',
    HALF_AN_HOUR,
    /^About 36,000,001 documents take some 31 minutes at 20,000 a second, .* after 30 minutes$/,
  ],
  [36_000_000, 'empty', HALF_AN_HOUR, /some 60 minutes at 10,000 a second/],
  [601_000, 'empty', 60_000, /some 61 s .* after 60 s$/],
  [1e12, 'source', Number.POSITIVE_INFINITY, null],
] as const)('%i documents into %s within %i ms', (documents, into, limitMs, message) => {
  const refusal = timeRefusal(documents, into, limitMs);
  if (message === null) expect(refusal).toBeNull();
  else expect(refusal?.message).toMatch(message);
});
