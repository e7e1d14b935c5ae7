import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { KeyRange } from '../../contract/plan.ts';
import { CHECKSUMS, type RangeChecksums } from '../../contract/storedChecksums.ts';
import type { ChecksumsOf, UnitInput } from '../../contract/unit.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { PROGRAM } from '../../runtime/program.ts';
import { getIfReadable, putRecord } from '../../runtime/records.ts';
import type { Services } from '../../runtime/services.ts';
import { readStandstill } from '../../source/readStandstill.ts';
import type { BlobStore } from '../../storage/blobStore.ts';

/**
 * The checksums of a unit's ranges: the copy makes them, and the comparison goes by them where the source has stood still since. They
 * are a short cut only: a range without any is compared row by row.
 */
export class UnitChecksums {
  readonly #blobs: BlobStore;
  readonly #path: string;
  readonly #of: ChecksumsOf;
  #ranges: readonly RangeChecksums[];
  #hasNews = false;

  private constructor(blobs: BlobStore, path: string, of: ChecksumsOf, ranges: readonly RangeChecksums[]) {
    this.#blobs = blobs;
    this.#path = path;
    this.#of = of;
    this.#ranges = ranges;
  }

  /** Those that are kept of the unit; null where the message names none to go by. Throws what storage throws. */
  static async read({ blobs }: Services, { id, unit, checksums }: UnitInput): Promise<UnitChecksums | null> {
    if (checksums === undefined) return null;
    const path = blobPaths.checksums(id, unit);
    const kept = await getIfReadable(blobs, path, CHECKSUMS);
    const isTheirs =
      kept?.planStamp === checksums.planStamp && kept.moment === checksums.moment && kept.sum === sumOf(kept.ranges);
    return new UnitChecksums(blobs, path, checksums, isTheirs ? kept.ranges : []);
  }

  /** Is the snapshot at the moment of the source at which rows must be read for them, or stand unchanged? */
  async fit(client: pg.ClientBase): Promise<boolean> {
    return (await readStandstill(client)) === this.#of.moment;
  }

  /** Of a range, undefined where there are none. */
  find(collection: string, { lower, upper }: KeyRange): RangeChecksums | undefined {
    return this.#ranges.find(
      (one) =>
        one.collection === collection && isDeepStrictEqual(one.lower, lower) && isDeepStrictEqual(one.upper, upper),
    );
  }

  /** Puts those of a range in place of what there was. */
  add(one: RangeChecksums): void {
    const before = this.find(one.collection, one);
    this.#ranges = [...this.#ranges.filter((other) => other !== before), one];
    this.#hasNews = true;
  }

  /** Keeps them where any came to those of before. Throws what storage throws. */
  async keep(): Promise<void> {
    if (!this.#hasNews) return;
    const ranges = this.#ranges;
    await putRecord(this.#blobs, this.#path, CHECKSUMS, { ...this.#of, ranges, sum: sumOf(ranges) });
  }
}

function sumOf(ranges: readonly RangeChecksums[]): string {
  return hash('sha256', JSON.stringify([PROGRAM, ranges]), 'base64');
}
