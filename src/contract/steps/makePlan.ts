import { z } from 'zod';
import { FLAVOURS } from '../flavour.ts';
import { MigrationRequest } from '../migrationRequest.ts';
import { ProvenState } from '../proof.ts';
import type { Shape } from '../shape.ts';
import { TableFailure } from '../unit.ts';

/** What the orchestration keeps of a plan. */
export const PlanResult = z.object({
  stamp: z.string(),
  units: z.number(),
  collections: z.number(),
  totalRows: z.number(),
  flavour: z.enum(FLAVOURS),
  /** Only in messages and histories of earlier releases: nobody reads it any more. */
  needsUniqueIndexesFirst: z.exactOptional(z.boolean()),
  /** Does the plan keep the request? Those of earlier releases do not, and messages about them carry it. */
  hasRequest: z.exactOptional(z.literal(true)),
  /** Where an earlier run's comparison ended, if the source and the target are still as it left them but for what came since. */
  proven: z.exactOptional(ProvenState),
  /**
   * The moment of the source at which the plan was made, as `readStandstill` (src/source) tells it: rows that are read at the same one are
   * the same rows. Absent where it did not stand still, and where rows change that its server knows nothing of.
   */
  quietFrom: z.exactOptional(z.string()),
  /** Tables that may not be read any more, though preflight could: a plan that is made anew leaves them out. */
  unreadable: z.array(TableFailure),
});
export type PlanResult = Shape<typeof PlanResult>;

/** The time of the step was up: it is to be called again, with the same `now`. */
export interface PlanLeft {
  readonly isLeft: true;
}

/** `now` is the orchestration's time (ISO 8601), so that a repeat makes the same plan's stamp. */
export const MakePlanInput = z.object({ id: z.string(), request: MigrationRequest, now: z.string() });
export type MakePlanInput = Shape<typeof MakePlanInput>;
