import type { OrchestrationContext } from 'durable-functions';
import { type StoredDigest, settledDigest } from '../contract/collectionDigest.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import type { ProvenState } from '../contract/proof.ts';
import type { ReleaseInput } from '../contract/steps/releaseTarget.ts';
import { countsOf, storedCounts, sumOf, type TableCounts } from '../contract/tableCounts.ts';
import { NO_SUMS } from '../contract/workSums.ts';
import { instantOf } from './catchUp.ts';
import { failedTables, now } from './state.ts';

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
 * something wrong, so that nothing earlier is to be trusted either; undefined where it leaves that as it was: it was
 * interrupted, looked at a part only, or found everything just as it was proven before.
 */
export function provenAtEnd(state: MigrateState, request: MigrationRequest): ReleaseInput['proven'] {
  if (isAnythingWrong(state)) return null;
  const { clock, checks, comparedFrom, comparedTo } = state;
  const isWhole =
    state.endedIn === 'catch-up' &&
    state.problems.length === 0 &&
    !state.isCancelled &&
    request.validate === 'full' &&
    request.tables === null &&
    checks.at !== null;
  if (!isWhole || clock === null || comparedFrom == null || comparedTo == null) return undefined;
  const tables: Record<string, TableCounts> = {};
  const isAnyDeleted = Object.keys(state.deleted).length > 0;
  for (const [table, stored] of Object.entries(state.validated.tables)) {
    const counted = state.rows[table] ?? state.documents[table];
    // Of rows that stand in others' documents it is not known how many went with these.
    if (counted === undefined && isAnyDeleted) return undefined;
    tables[table] = storedCounts({ migrated: counted ?? countsOf(stored).migrated });
  }
  const digests: Record<string, StoredDigest> = {};
  for (const [collection, digest] of Object.entries(state.validated.digests ?? {})) {
    const settled = settledDigest(digest, state.goneAtFirst?.[collection], state.counted?.[collection]);
    if (settled !== null) digests[collection] = settled;
  }
  const proven = { clock, tables, digests, comparedFrom: state.proven?.from ?? comparedFrom, comparedTo };
  return isAsBefore(state, proven) ? undefined : proven;
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
