import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KeyRange } from '../../contract/plan.ts';
import { CHECKSUMS, type RangeChecksums } from '../../contract/storedChecksums.ts';
import type { UnitInput } from '../../contract/unit.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { PROGRAM } from '../../runtime/program.ts';
import { getIfReadable, putRecord } from '../../runtime/records.ts';
import type { Services } from '../../runtime/services.ts';

/** What names a range, whichever plan it is of. */
export interface RangeName {
  readonly collection: string;
  readonly range: KeyRange;
}

/**
 * The checksums of a unit's ranges: the copy makes them, and the comparison goes by them where the source has stood still since. They
 * are a short cut only: a range without any is compared row by row.
 */
export class UnitChecksums {
  /** Of the source, at which rows must be read for them, or stand unchanged. */
  readonly moment: string;
  readonly #ranges: RangeChecksums[];
  #hasNews = false;

  private constructor(moment: string, ranges: readonly RangeChecksums[]) {
    this.moment = moment;
    this.#ranges = [...ranges];
  }

  /** Those that are kept of the unit; null where the message names none to go by. Throws what storage throws. */
  static async read({ blobs }: Services, { id, unit, checksums }: UnitInput): Promise<UnitChecksums | null> {
    if (checksums === undefined) return null;
    const { planStamp, moment } = checksums;
    const kept = await getIfReadable(blobs, blobPaths.checksums(id, unit), CHECKSUMS);
    const isTheirs = kept?.planStamp === planStamp && kept.moment === moment && kept.sum === sumOf(kept.ranges);
    return new UnitChecksums(moment, isTheirs ? kept.ranges : []);
  }

  /** Of a range, undefined where there are none. */
  find({ collection, range: { lower, upper } }: RangeName): RangeChecksums | undefined {
    return this.#ranges.find(
      (one) =>
        one.collection === collection && isDeepStrictEqual(one.lower, lower) && isDeepStrictEqual(one.upper, upper),
    );
  }

  /** Puts those of a range in place of what there was. */
  add(one: RangeChecksums): void {
    const before = this.find({ collection: one.collection, range: one });
    if (before !== undefined) this.#ranges.splice(this.#ranges.indexOf(before), 1);
    this.#ranges.push(one);
    this.#hasNews = true;
  }

  /** Keeps them where any came to those of before. Throws what storage throws. */
  async keep({ blobs }: Services, { id, unit, checksums }: UnitInput): Promise<void> {
    if (checksums === undefined || !this.#hasNews) return;
    const ranges = this.#ranges;
    await putRecord(blobs, blobPaths.checksums(id, unit), CHECKSUMS, { ...checksums, ranges, sum: sumOf(ranges) });
  }
}

function sumOf(ranges: readonly RangeChecksums[]): string {
  return hash('sha256', JSON.stringify([PROGRAM, ranges]), 'base64');
}
