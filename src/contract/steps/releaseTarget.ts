import { z } from 'zod';
import { MigrationRequest } from '../migrationRequest.ts';
import { ProvenState } from '../proof.ts';
import type { Shape } from '../shape.ts';

/** `run` tells this run of the migration from others. */
export const ReleaseInput = z.object({
  id: z.string(),
  run: z.string(),
  request: MigrationRequest,
  /** Stamp of the run's plan; absent where there is none, and in messages of earlier releases. */
  planStamp: z.exactOptional(z.string()),
  /** What the run has proven, null where it found something wrong; absent where it says nothing of either. */
  proven: z.exactOptional(z.nullable(ProvenState)),
  /** Was everything that it was asked for compared, and nothing found that should not be there? Absent means no. */
  isWhole: z.exactOptional(z.literal(true)),
  /** Milliseconds that the target may take; absent where it is asked as patiently as for any other step. */
  limitMs: z.exactOptional(z.number()),
});
export type ReleaseInput = Shape<typeof ReleaseInput>;
