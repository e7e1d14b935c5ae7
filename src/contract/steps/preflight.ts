import { z } from 'zod';
import type { Problem } from '../../errors.ts';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

/** The first message of a run: there is no plan yet, so that the request goes along. */
export const PreflightInput = z.object({
  id: z.string(),
  /** Tells this run of the migration from others. */
  run: z.string(),
  request: MigrationRequest,
});
export type PreflightInput = Shape<typeof PreflightInput>;

/** What preflight found; nothing is written where there are problems. */
export interface PreflightResult {
  readonly problems: readonly Problem[];
  /** Has an earlier migration of this name left the target's throughput raised? */
  readonly isThroughputRaised: boolean;
  /** Has the target been filled from this source before? */
  readonly isOurs: boolean;
  /** Would the run take over what another source has brought? Then everything is compared and counted before. */
  readonly isTakingOver: boolean;
}

/** Step under which preflight keeps what it found. */
export const PREFLIGHT_FINDINGS = 'preflight';
