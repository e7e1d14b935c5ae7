import { z } from 'zod';
import type { Shape } from './shape.ts';
import { StoredFinding } from './storedFindings.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/**
 * The documents of one batch in one value: the SHA-256 of their bytes, one after the other in the order of `_id`, in base64. `low` and
 * `high` are the first and the last `_id` as `idKey` writes them, `bytes` how many were hashed. With `ids` they are these documents, and
 * others may stand between them; without, all from `low` to `high`.
 */
export type BatchChecksum = readonly [
  low: string,
  high: string,
  documents: number,
  bytes: number,
  sha256: string,
  ids?: readonly string[] | undefined,
];
export const BatchChecksum: z.ZodType<BatchChecksum> = z.tuple([
  z.string(),
  z.string(),
  z.number(),
  z.number(),
  z.string(),
  z.optional(z.array(z.string())),
]);

/** A range of a collection whose rows were read as a whole, and each of them made a document that says the same. */
export const RangeChecksums = z.object({
  collection: z.string(),
  /** Of the range, as in the plan. */
  lower: z.nullable(z.array(z.string())),
  upper: z.nullable(z.array(z.string())),
  /** Rows of child tables in its documents, by child. */
  childRows: z.array(z.number()),
  batches: z.array(BatchChecksum),
  /** What stands a little otherwise in documents than in their rows; absent where nothing does. */
  notes: z.exactOptional(z.array(StoredFinding)),
  /** The sum of its documents' hashes as in `StoredDigest`, once they were compared; absent before. */
  digest: z.exactOptional(z.string()),
});
export type RangeChecksums = Shape<typeof RangeChecksums>;

const StoredChecksums = z.object({
  /** Of the plan by which they were made. */
  planStamp: z.string(),
  /** Of the source, in whose snapshots its rows were read: `PlanResult.quietFrom`. */
  moment: z.string(),
  ranges: z.array(RangeChecksums),
  /** SHA-256 of `ranges` as JSON and of the program's release, whose rows another one may make other documents of. */
  sum: z.string(),
});
export type StoredChecksums = Shape<typeof StoredChecksums>;

/** state/checksums/*.json, one for each unit that was copied. */
export const CHECKSUMS: StoredRecord<StoredChecksums> = {
  name: 'The checksums of what a unit copied',
  version: VERSIONS.checksums,
  schema: StoredChecksums,
};
