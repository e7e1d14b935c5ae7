import type { OrchestrationContext } from 'durable-functions';
import { type StoredDigest, settledDigest } from '../contract/collectionDigest.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import type { Phase } from '../contract/migrationStatus.ts';
import type { ProvenState } from '../contract/proof.ts';
import { rowsFollowed } from '../contract/rowsFollowed.ts';
import type { ReleaseInput } from '../contract/steps/releaseTarget.ts';
import { countsOf, storedCounts, sumOf, type TableCounts } from '../contract/tableCounts.ts';
import { NO_SUMS } from '../contract/workSums.ts';
import { instantOf } from './catchUp.ts';
import { checksumsBy, failedTables, now, planOf } from './state.ts';

/** A proof is renewed after so many transactions though nothing has changed, long before it is void. */
const RECENT_TRANSACTIONS = 1n << 28n;

/** The state of a run that takes what an earlier one has compared for compared, and looks for what came since. */
export function goOnFrom(
  context: OrchestrationContext,
  state: MigrateState,
  { clock, tables, digests, comparedFrom: from, comparedTo: to }: ProvenState,
): MigrateState {
  return {
    ...state,
    clock,
    instant: instantOf(clock, null),
    validated: { ...NO_SUMS, tables, ...(digests === undefined ? {} : { digests }) },
    comparedFrom: now(context),
    comparedTo: null,
    proven: { from, to },
  };
}

/**
 * What a run at its end says of the target, for the next one to go on from: where its comparison ended; null where it found
 * something wrong, or brought something over without proving the whole, so that nothing earlier fits any more; undefined where it
 * leaves that as it was: it changed nothing, or found everything just as it was proven before.
 */
export function provenAtEnd(state: MigrateState, request: MigrationRequest): ReleaseInput['proven'] {
  if (isAnythingWrong(state)) return null;
  const { clock, comparedFrom, comparedTo } = state;
  const isWhole = wasProvenWhole(state, request) && request.tables === null;
  const left = mayHaveMoved(state) ? null : undefined;
  if (!isWhole || clock === null || comparedFrom == null || comparedTo == null) return left;
  const tables: Record<string, TableCounts> = {};
  const isAnyDeleted = Object.keys(state.deleted).length > 0;
  for (const [table, stored] of Object.entries(state.validated.tables)) {
    const counted = rowsOf(state, table);
    // Of rows that stand in others' documents it is not known how many went with these.
    if (counted === undefined && isAnyDeleted) return left;
    tables[table] = storedCounts({ migrated: counted ?? countsOf(stored).migrated });
  }
  const digests: Record<string, StoredDigest> = {};
  for (const [collection, digest] of Object.entries(state.validated.digests ?? {})) {
    const settled = settledDigest(digest, state.goneAtFirst?.[collection], state.counted?.[collection]);
    if (settled !== null) digests[collection] = settled;
  }
  const by = checksumsBy(planOf(state));
  const proven = {
    clock,
    tables,
    digests,
    ...(by === undefined ? {} : { checksumsBy: by }),
    // The passes of a run that follows its source came after the checks.
    ...(hasCompleted(state) && state.checks.referencesHold === true ? { referencesHold: true } : {}),
    comparedFrom: state.proven?.from ?? comparedFrom,
    comparedTo: lastPassTo(state, comparedTo),
  };
  return isAsBefore(state, proven) ? undefined : proven;
}

/** Did a run find each row of what it was asked for in its document, and no document beside these? */
export function wasProvenWhole(state: MigrateState, { validate }: MigrationRequest): boolean {
  if (isAnythingWrong(state) || state.problems.length > 0) return false;
  return (hasCompleted(state) || wasFollowing(state)) && validate === 'full' && state.checks.at !== null;
}

const WRITING: readonly (Phase | null)[] = ['copy', 'validate', 'catch-up'];

/** May there be more or fewer documents than before the run? A proof has their number, and what was broken off has counted none. */
function mayHaveMoved(state: MigrateState): boolean {
  const { copied, validated, passed, deleted, endedIn, passClock } = state;
  if (!state.mayHaveClaimed) return false;
  const brought = sumOf(copied.tables, 'migrated') - sumOf(copied.tables, 'unchanged');
  const inserted = sumOf(validated.tables, 'inserted') + sumOf(passed.tables, 'inserted');
  const isInWork = WRITING.includes(endedIn) || (endedIn === 'follow' && passClock !== null);
  const isBrokenOff = isInWork && (state.isCancelled || state.problems.length > 0);
  return isBrokenOff || brought + inserted > 0 || Object.keys(deleted).length > 0;
}

/** Was the run whole, so that its checks came after its last pass? */
function hasCompleted({ endedIn, isCancelled }: MigrateState): boolean {
  return endedIn === 'catch-up' && !isCancelled;
}

/** Was it cancelled between two passes of following its source, of which the last brought over everything? What a pass that was broken off has done, nobody counted. */
function wasFollowing({ endedIn, isCancelled, passClock, following, stale = [] }: MigrateState): boolean {
  if (endedIn !== 'follow' || !isCancelled || passClock !== null || following === undefined) return false;
  return following.looked !== false && following.isMended !== true && stale.length === 0;
}

/** Rows of a table that stand in the target, as the checks counted them, and since then the passes of a run that followed its source; undefined where nothing counts them. */
function rowsOf(state: MigrateState, table: string): number | undefined {
  const counted = state.rows[table] ?? state.documents[table];
  const { following } = state;
  if (state.endedIn !== 'follow' || following === undefined) return counted;
  const { migrated } = countsOf(state.validated.tables[table]);
  const isKnown = counted !== undefined || following.whole?.includes(table) === true;
  return isKnown ? rowsFollowed(state, table, migrated) : undefined;
}

/** When the last pass was over: of a run that followed its source there were some after the checks. */
function lastPassTo({ endedIn, following }: MigrateState, comparedTo: string): string {
  return endedIn === 'follow' && following !== undefined ? following.endedAt : comparedTo;
}

/** By table, what the checks have counted beside the rows that were seen equal and not deleted: rows may go before a pass sees them. */
export function besideSeen(state: MigrateState): Record<string, number> {
  const beside: Record<string, number> = {};
  for (const [table, stored] of Object.entries(state.validated.tables)) {
    const counted = state.rows[table] ?? state.documents[table];
    if (counted === undefined) continue;
    const difference = counted - countsOf(stored).migrated + (state.deleted[table] ?? 0);
    if (difference !== 0) beside[table] = difference;
  }
  return beside;
}

/** Did a run over what was proven before change nothing? Then a second run leaves the target as it found it, its record too. */
function isAsBefore({ plan, validated, deleted }: MigrateState, { clock, tables }: ProvenState): boolean {
  const before = plan?.proven;
  if (before === undefined || Object.keys(deleted).length > 0) return false;
  const hasSameRows =
    Object.keys(tables).length === Object.keys(before.tables).length &&
    Object.entries(tables).every(([table, [rows]]) => before.tables[table]?.[0] === rows);
  const isRecent = BigInt(clock.transaction) - BigInt(before.clock.transaction) < RECENT_TRANSACTIONS;
  return sumOf(validated.tables, 'repaired') === 0 && hasSameRows && isRecent;
}

/** Did checks or comparison find something that the target has and should not, or lacks? */
export function isAnythingWrong(state: MigrateState): boolean {
  const { checks, validated } = state;
  return (
    checks.counts ||
    checks.indexes ||
    checks.references ||
    checks.displaced === true ||
    checks.unchecked.length > 0 ||
    state.shapeChanged.length > 0 ||
    failedTables(state).length > 0 ||
    sumOf(validated.tables, 'errors') > 0
  );
}
