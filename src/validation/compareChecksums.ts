import type { BatchChecksum, RangeChecksums } from '../contract/storedChecksums.ts';
import type { BatchSize } from '../encoding/documentBatch.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { eachFound } from '../target/driverInternals.ts';
import { idValue } from '../target/idValue.ts';
import { ChecksumReader } from './checksumMaker.ts';
import { addFinding } from './findingList.ts';
import { emptyComparison, type RangeComparison } from './rangeComparison.ts';

/** How a comparison is watched and held back. */
export interface ChecksumOptions {
  /** Called with the documents done, as they are done; they are not taken back where a later one differs. */
  readonly onProgress: (documents: number) => void;
  /** Waits until the process has room for a batch; gives the function to call when it is done with. */
  readonly admit: (batch: BatchSize) => Promise<() => void>;
}

/**
 * Compares what the target holds with the checksums that were made of a range's documents as its rows were read. Null where any of them
 * differs, of which nothing more is said: then the rows tell. Throws what {@link DocumentAccess.findBetween} throws.
 */
export async function compareChecksums(
  { batches, notes = [], childRows, digest }: RangeChecksums,
  access: DocumentAccess,
  { onProgress, admit }: ChecksumOptions,
): Promise<RangeComparison | null> {
  const result = emptyComparison(false);
  const read = async (checksum: BatchChecksum) => {
    const [, , documents, bytes] = checksum;
    const release = await admit({ bytes: { length: bytes }, ends: { length: documents } });
    const found = await findDocuments(access, checksum).catch((error: unknown) => {
      release();
      throw error;
    });
    return { found, release };
  };
  const begin = (checksum: BatchChecksum | undefined) => {
    const reading = checksum === undefined ? null : read(checksum);
    // Its failure is met when it is waited for; until then it must not count as unhandled.
    reading?.catch(() => undefined);
    return reading;
  };
  const reader = new ChecksumReader();
  let reading = begin(batches[0]);
  try {
    for (const [index, checksum] of batches.entries()) {
      const batch = await reading;
      if (batch === null) break;
      // The server looks for the next one while this one is hashed.
      reading = begin(batches[index + 1]);
      try {
        if (!reader.isOf(checksum, batch.found)) return null;
        if (digest === undefined) for (const document of batch.found) result.digest.addEqual(document);
      } finally {
        batch.release();
      }
      result.equal += checksum[2];
      onProgress(checksum[2]);
    }
  } finally {
    (await reading?.catch(() => null))?.release();
  }
  if (digest !== undefined) result.digest.addKnown(result.equal, digest);
  result.childEqual.push(...childRows);
  for (const note of notes) addFinding(result, note);
  return result;
}

/** What stands where the documents of a checksum should, in the order of `_id`. */
async function findDocuments(
  access: DocumentAccess,
  [low, high, documents, , , ids]: BatchChecksum,
): Promise<readonly Buffer[]> {
  // One more than there should be would be somebody else's.
  if (ids === undefined) return eachFound(await access.findBetween(low, high, documents + 1));
  const found = await access.findByIds(ids.map(idValue));
  return ids.flatMap((id) => found.get(id) ?? []);
}
