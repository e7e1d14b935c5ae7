import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/** What a run has claimed, beside its plan: too much for every message. */
export const StoredClaim = z.object({
  token: z.string(),
  /** Id of the target, as its record of ownership says; absent in what earlier releases have stored. */
  target: z.exactOptional(z.string()),
  /** Collections that hold other data as well: nothing is deleted from them. */
  shared: z.array(z.string()),
  /** Those of them of which some are none of this layout's: such documents are not replaced either. */
  strangers: z.array(z.string()),
  /** The server's ids of the claimed collections; absent in what earlier releases have stored. */
  ids: z.exactOptional(z.record(z.string(), z.string())),
});
export type StoredClaim = Shape<typeof StoredClaim>;

/**
 * claim.json: `prepareTarget` writes it, steps that write or check read it, and so does the end of a run that Durable
 * ended.
 */
export const CLAIM: StoredRecord<StoredClaim> = {
  name: 'The record of what was claimed',
  version: VERSIONS.claim,
  schema: StoredClaim,
};
