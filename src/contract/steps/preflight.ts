import type { Problem } from '../../errors.ts';
import type { MigrationRequest } from '../migrationRequest.ts';

export interface PreflightInput {
  readonly id: string;
  /** Tells this run of the migration from others. */
  readonly run: string;
  readonly request: MigrationRequest;
}

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
