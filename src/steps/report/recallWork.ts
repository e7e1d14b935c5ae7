import { CLAIM } from '../../contract/claim.ts';
import type { MigrateState } from '../../contract/migrateState.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { TableProgress } from '../../contract/migrationStatus.ts';
import { type Problem, toProblem } from '../../errors.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { ifReadable } from '../../runtime/ifReadable.ts';
import { readToldTables } from '../../runtime/readProgress.ts';
import { getRecord } from '../../runtime/records.ts';
import type { PlannedWork, Services } from '../../runtime/services.ts';

/** A run whose report is made. */
export interface ReportedRun {
  readonly id: string;
  readonly request: MigrationRequest;
  readonly state: MigrateState;
}

/** What is known of a run's work at its end, from its state and from what it has stored. */
export interface RecalledWork {
  /** Null where none was made, or none that this version can read. */
  readonly planned: PlannedWork | null;
  /** Token of its claim, null where none is known. */
  readonly writer: string | null;
  /** False only where it is known that no record was written: a state that begins again, and a blob that is gone, tell nothing. */
  readonly mayHaveCopied: boolean;
  /** Rows as its processes have told them last. */
  readonly told: Readonly<Record<string, TableProgress>>;
  /** Why its plan cannot be read, null where it can or was never made. */
  readonly problem: Problem | null;
}

/**
 * Recalls what a run has done. Its state alone does not tell: a generation that a deployment begins again knows no plan and no
 * claim of the one before, and of one that Durable ended the state is that of its last generation.
 */
export async function recallWork(services: Services, { id, request, state }: ReportedRun): Promise<RecalledWork> {
  const { blobs } = services;
  const isWriting = !request.dryRun && !request.validateOnly;
  const claim = isWriting ? await ifReadable(getRecord(blobs, blobPaths.claim(id), CLAIM)) : null;
  const writer = state.writer ?? (claim instanceof Error ? null : (claim?.token ?? null));
  const { tables: told, hasUnreadable } = await readToldTables(blobs, id);
  // What exists but cannot be read tells that something was done, as much as what can.
  const hasTraces = writer !== null || claim instanceof Error || hasUnreadable;
  const mayHaveCopied =
    isWriting && (hasTraces || isPastClaim(state) || Object.values(told).some(({ copied }) => copied > 0));
  // One that did not get as far as a plan of its own has none to look for.
  const stamp = state.plan?.stamp ?? null;
  const planned = stamp !== null || mayHaveCopied ? await ifReadable(services.planned(id, stamp)) : null;
  if (!(planned instanceof Error)) return { planned, writer, mayHaveCopied, told, problem: null };
  return { planned: null, writer, mayHaveCopied, told, problem: stamp === null ? null : toProblem(planned) };
}

/** Did it come to a phase that follows the claim? Who takes over what another source brought compares before it claims. */
function isPastClaim({ phase, endedIn, isTakingOver }: MigrateState): boolean {
  const reached = endedIn ?? phase;
  return ['copy', 'indexes', 'catch-up'].includes(reached) || (reached === 'validate' && !isTakingOver);
}
