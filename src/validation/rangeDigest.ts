import { gapText, type StoredDigest, storedDigest } from '../contract/collectionDigest.ts';
import { DigestSum } from './digestSum.ts';

/** The documents of a range as they stand once it is compared, or, of a pass over changes, what the pass has changed in them. */
export class RangeDigest {
  readonly #isChange: boolean;
  readonly #both = new DigestSum();
  readonly #target = new DigestSum();
  readonly #source = new DigestSum();
  #documents = 0;
  #isSourceUnknown = false;
  #hasSeen = false;
  /** Did another document, of whichever range, give up a value? */
  hasDisplaced = false;

  /** `isChange`: are only the rows read that have changed? */
  constructor(isChange: boolean) {
    this.#isChange = isChange;
  }

  /** A row whose document stood there and was equal. */
  addEqual(document: Buffer): void {
    this.#hasSeen = true;
    if (this.#isChange) return;
    this.#both.add(document);
    this.#documents++;
  }

  /** So many documents that are equal, of which the sum of the hashes is known already. */
  addKnown(documents: number, sum: string): void {
    this.#hasSeen = true;
    this.#both.addSum(sum);
    this.#documents += documents;
  }

  /** A row whose document was missing or different, what stood there before and what stands there now. */
  addDifferent(expected: Buffer, before: Buffer | undefined, after: Buffer | undefined): void {
    const isEqual = after === expected;
    this.#hasSeen = true;
    if (this.#isChange) {
      if (before !== undefined) this.#target.add(before, -1);
      if (after !== undefined) this.#target.add(after);
      this.#documents += Number(after !== undefined) - Number(before !== undefined);
      this.#isSourceUnknown ||= !isEqual;
      return;
    }
    if (isEqual) this.#both.add(expected);
    else {
      this.#source.add(expected);
      if (after !== undefined) this.#target.add(after);
    }
    this.#documents += Number(after !== undefined);
  }

  /** A row that cannot become a document. */
  addRefused(): void {
    this.#isSourceUnknown = true;
  }

  /** Null of a pass that met no row. One that was equal all the same may have differed before, as its row was another then. */
  toStored(): StoredDigest | null {
    if (this.#isChange && !this.#hasSeen && !this.#isSourceUnknown) return null;
    const target = this.hasDisplaced ? gapText('displaced') : this.#both.text(this.#target);
    // A change is one of the target; what it is of the source follows.
    const source = this.#isChange ? target : this.#both.text(this.#source);
    return storedDigest(this.#documents, target, this.#isSourceUnknown ? gapText('refused') : source);
  }
}
