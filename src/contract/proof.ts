import { z } from 'zod';
import { StoredDigests } from './collectionDigest.ts';
import type { Shape } from './shape.ts';
import { SourceClock } from './sourceClock.ts';
import { TableCounts } from './tableCounts.ts';
import { VERSIONS } from './versions.ts';

/** Where a run's comparison ended, as its orchestration knows it. */
export const ProvenState = z.object({
  /** The source's clock at the beginning of the last pass: what is older was found equal. */
  clock: SourceClock,
  /** Rows by table, as they were compared. */
  tables: z.record(z.string(), TableCounts),
  /** Digests of the collections as they stand; absent in what earlier releases have left. */
  digests: z.exactOptional(StoredDigests),
  /** Time of the plan by which checksums of its rows were made; absent where none were. */
  checksumsBy: z.exactOptional(z.string()),
  /** Did each reference lead somewhere at the end, in the source as well? Absent means that this is not known, or not so. */
  referencesHold: z.exactOptional(z.boolean()),
  /** When the comparison of all rows began, ISO 8601. */
  comparedFrom: z.string(),
  /** When its last pass was over, ISO 8601. */
  comparedTo: z.string(),
});
export type ProvenState = Shape<typeof ProvenState>;

/** Where a source is in its own history: a copy that was restored to an earlier moment has another timeline, or is not so far. */
export const SourceTimeline = z.object({
  /** Eight hexadecimal digits. */
  timeline: z.string(),
  /** In the write-ahead log, such as `0/3000148`. */
  position: z.string(),
});
export type SourceTimeline = Shape<typeof SourceTimeline>;

/**
 * What a run that was proven whole leaves with the target's record of ownership, so that the next one goes on from there: each row
 * older than the clock has its equal document. Void as soon as anything of it does not fit any more.
 */
export const KeptProof = ProvenState.extend({
  version: z.literal(VERSIONS.proof),
  /** What was asked to be carried: tables, workspace, shard keys. */
  scope: z.string(),
  /** The source's tables, as `Plan.fingerprint`. */
  fingerprint: z.record(z.string(), z.string()),
  source: SourceTimeline,
  /** The migration whose run it was, for people. */
  migration: z.string(),
});
export type KeptProof = Shape<typeof KeptProof>;
