import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DigestSum } from '../../../src/validation/digestSum.ts';

test('the sum is that of the first half of each hash, modulo 2^128', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(1, -1)), { maxLength: 50 }),
      (all) => {
        const sum = new DigestSum();
        let expected = 0n;
        for (const [bytes, sign] of all) {
          const document = Buffer.from(bytes);
          sum.add(document, sign as 1 | -1);
          const hash = createHash('sha256').update(document).digest('hex').slice(0, 32);
          expected += BigInt(sign) * BigInt(`0x${hash}`);
        }
        expect(sum.text()).toBe(BigInt.asUintN(128, expected).toString(16).padStart(32, '0'));
      },
    ),
  );
});

test('sums may be added as they are stored', () => {
  const [one, other, both] = [new DigestSum(), new DigestSum(), new DigestSum()];
  for (const [index, sum] of [one, other].entries()) {
    for (let n = 0; n < 100; n++) {
      sum.add(Buffer.of(index, n));
      both.add(Buffer.of(index, n));
    }
  }
  one.addSum(other.text());
  expect(one.text()).toBe(both.text());
});
