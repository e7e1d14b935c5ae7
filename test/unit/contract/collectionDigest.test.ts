import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addDigests,
  afterChange,
  gapOf,
  gapText,
  type StoredDigest,
  settledDigest,
  sidesOf,
} from '../../../src/contract/collectionDigest.ts';
import { addPass, addSums, NO_SUMS, type WorkSums } from '../../../src/contract/workSums.ts';
import { DigestSum } from '../../../src/validation/digestSum.ts';
import { RangeDigest } from '../../../src/validation/rangeDigest.ts';

const bytes = (document: string): Buffer => Buffer.from(document);

/** The digest of a collection that holds these documents, made from them alone. */
function digestOf(documents: readonly string[]): StoredDigest {
  const sum = new DigestSum();
  for (const document of documents) sum.add(bytes(document));
  return [documents.length, sum.text()];
}

const collection = fc.array(fc.string({ maxLength: 4 }), { maxLength: 30 });

test('ranges add up in any order and however they are cut, and what goes is taken away', () => {
  fc.assert(
    fc.property(collection, collection, fc.nat(), (kept, gone, cut) => {
      const all = [...kept, ...gone];
      const shuffled = all.toSorted((one, other) => hashed(one, cut) - hashed(other, cut));
      const [left, right] = [shuffled.slice(0, cut % 31), shuffled.slice(cut % 31)];
      const whole = addDigests(digestOf(left), digestOf(right));
      expect(whole).toEqual(digestOf(all));
      const taken = new DigestSum();
      for (const document of gone) taken.add(bytes(document), -1);
      expect(afterChange(whole, [-gone.length, taken.text()])).toEqual(digestOf(kept));
    }),
  );
});

function hashed(text: string, seed: number): number {
  return [...text].reduce((hash, character) => Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193), seed);
}

/** Documents by key, as they stand on each side. */
type Side = Readonly<Record<string, string>>;
const side = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.string({ maxLength: 3 }));
const valuesOf = (documents: Side): string[] => Object.entries(documents).map(([key, value]) => `${key}=${value}`);

/** Compares a side with another as `compareBatch` does, where nothing is refused or, with `failing`, writing these keys is. */
function compare(rows: Side, target: Record<string, string>, isChange: boolean, failing: ReadonlySet<string>) {
  const digest = new RangeDigest(isChange);
  for (const [key, value] of Object.entries(rows)) {
    const expected = bytes(`${key}=${value}`);
    const before = target[key] === undefined ? undefined : bytes(`${key}=${target[key]}`);
    if (before?.equals(expected) === true) digest.addEqual(expected);
    else if (failing.has(key)) digest.addDifferent(expected, before, before);
    else {
      digest.addDifferent(expected, before, expected);
      target[key] = value;
    }
  }
  return digest.toStored();
}

test('through passes over changes both sides are those of what stands there, or are said to be unknown', () => {
  const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
  fc.assert(
    fc.property(
      side,
      side,
      fc.array(fc.tuple(side, keys), { maxLength: 4 }),
      keys,
      (first, standing, passes, failing) => {
        const target: Record<string, string> = { ...standing };
        // What has no row is somebody else's matter: of these the counts tell.
        for (const key of Object.keys(target)) if (first[key] === undefined) delete target[key];
        let rows: Side = first;
        const full = compare(rows, target, false, new Set(failing)) as StoredDigest;
        let sums: WorkSums = addSums(NO_SUMS, { ...NO_SUMS, digests: { c: full } });
        for (const [changed, refused] of passes) {
          rows = { ...rows, ...changed };
          const change = compare(changed, target, true, new Set(refused));
          sums = addPass(sums, { ...NO_SUMS, ...(change === null ? {} : { digestChanges: { c: change } }) });
        }
        const digest = sums.digests?.['c'] as StoredDigest;
        const { source, target: ofTarget } = sidesOf(digest);
        expect([digest[0], ofTarget]).toEqual(digestOf(valuesOf(target)));
        if (gapOf(source) === null) expect(source).toBe(sidesOf(digestOf(valuesOf(rows))).target);
      },
    ),
  );
});

test('what is not known of a part is not known of the whole, and stays so until all rows are read again', () => {
  const known = digestOf(['a']);
  const unknown: StoredDigest = [0, gapText('interrupted')];
  expect(gapOf(sidesOf(addDigests(known, unknown)).target)).toBe('interrupted');
  let sums: WorkSums = { ...NO_SUMS, digests: { c: known } };
  sums = addPass(sums, { ...NO_SUMS, digestChanges: { c: unknown } });
  sums = addPass(sums, { ...NO_SUMS, digestChanges: { c: digestOf(['b']) } });
  const { source, target } = sidesOf(sums.digests?.['c'] as StoredDigest);
  expect([gapOf(source), gapOf(target)]).not.toContain(null);
  sums = addPass(sums, { ...NO_SUMS, digests: { c: known } });
  expect(sums.digests?.['c']).toEqual(known);
});

test('a digest that is of more or fewer documents than there are is none', () => {
  const gone: StoredDigest = [
    -1,
    sidesOf(afterChange(digestOf([]), [0, digestOf([]).at(1) as string]) as StoredDigest).target,
  ];
  expect(settledDigest(digestOf(['a', 'b']), undefined, 2)).toEqual(digestOf(['a', 'b']));
  expect(settledDigest(digestOf(['a', 'b']), undefined, 3)).toBeNull();
  expect(settledDigest(digestOf(['a', 'b']), undefined, undefined)).toBeNull();
  // Its row was gone before it was compared, or after.
  expect(settledDigest(digestOf(['a', 'b']), gone, 2)).toEqual(digestOf(['a', 'b']));
  expect(settledDigest(digestOf(['a', 'b']), gone, 1)?.[0]).toBe(1);
  expect(settledDigest(digestOf(['a', 'b', 'c']), [-2, gone[1]], 2)).toBeNull();
});
