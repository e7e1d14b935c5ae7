import { z } from 'zod';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';
import type { SourceClock } from '../sourceClock.ts';

/** `upTo`: the instant of the source that the target has caught up with, null before the first pass. */
export const ReadSourceClockInput = z.object({
  id: z.string(),
  plan: z.string(),
  request: MigrationRequest,
  upTo: z.nullable(z.string()),
  /** Position in the source's write-ahead log that the clock before had; null before the first. */
  notBefore: z.nullable(z.string()),
});
export type ReadSourceClockInput = Shape<typeof ReadSourceClockInput>;

/** A moment of the source, and the tables that were not then what the plan was made for. */
export interface SourceMoment {
  readonly clock: SourceClock;
  readonly changedTables: readonly string[];
}
