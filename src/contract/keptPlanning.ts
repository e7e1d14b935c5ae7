import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

const COUNT = z.int().nonnegative();
const BOUND = z.nullable(z.array(z.string()));

/** What a plan takes the longest to find out, with what it follows from: a later run of the migration need not ask for the same again. */
export const KeptPlanning = z.object({
  /** The source's moment (`PlanResult.quietFrom`) and tables, what was asked for, how that is read, and what ranges were cut for, as a digest. */
  of: z.string(),
  /** As in the plan. */
  tableRows: z.record(z.string(), COUNT),
  rowsThere: z.record(z.string(), COUNT),
  collections: z.array(
    z.object({
      collection: z.string(),
      table: z.string(),
      rows: COUNT,
      bytes: COUNT,
      ranges: z.array(z.object({ lower: BOUND, upper: BOUND })),
    }),
  ),
});
export type KeptPlanning = Shape<typeof KeptPlanning>;

/** planned.json: src/steps/planning/keptPlanning.ts writes and reads it. */
export const KEPT_PLANNING: StoredRecord<KeptPlanning> = {
  name: 'What an earlier plan has counted',
  version: VERSIONS.keptPlanning,
  schema: KeptPlanning,
};
