import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

const StoredRepairMark = z.object({
  /** Of the pass in which it was made. */
  pass: z.number(),
  /** Tells it from other attempts at the same work. */
  attempt: z.string(),
});
export type StoredRepairMark = Shape<typeof StoredRepairMark>;

/** state/repairs/*.json, one for each unit that a pass over changes has written documents of. */
export const REPAIR_MARK: StoredRecord<StoredRepairMark> = {
  name: 'The mark of an attempt that writes',
  version: VERSIONS.repairMark,
  schema: StoredRepairMark,
};
