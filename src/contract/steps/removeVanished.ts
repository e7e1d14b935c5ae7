import type { MigrationRequest } from '../migrationRequest.ts';
import type { TableFailure } from '../unit.ts';

export interface RemoveVanishedInput {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  readonly writer: string;
  /** Number of the pass: an older delivery deletes nothing once a later one has begun. */
  readonly step: number;
  /** First collection of the look whose finds are deleted. */
  readonly from: number;
}

/** How many documents were deleted, by table, and tables where deleting was refused. The first keys are kept as a blob. */
export interface VanishedRemoved {
  readonly removed: Readonly<Record<string, number>>;
  readonly failures: readonly TableFailure[];
}
