import type { OrchestrationContext, Task } from 'durable-functions';
import { addAllDigests, type StoredDigests } from '../contract/collectionDigest.ts';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { SourceClock } from '../contract/sourceClock.ts';
import type {
  FindVanishedMessage,
  LookPosition,
  VanishedCount,
  VanishedFound,
} from '../contract/steps/findVanished.ts';
import type { RemoveVanishedMessage, VanishedRemoved } from '../contract/steps/removeVanished.ts';
import { countsOf } from '../contract/tableCounts.ts';
import type { TableFailure } from '../contract/unit.ts';
import { addPass, addSums, NO_SUMS, type WorkSums } from '../contract/workSums.ts';
import type { Problem } from '../errors.ts';
import { callStep } from './callStep.ts';
import { aboutPlan, COLLECTIONS_PER_STEP, failedTables, type Migration, planOf, positionOf } from './state.ts';

/** Deleted documents by table, and tables where deleting was refused. */
export interface Removed {
  readonly removed: Readonly<Record<string, number>>;
  readonly failures: readonly TableFailure[];
  /** What that changed in the digests of collections. */
  readonly digestChanges: StoredDigests;
  /** What ended it before all were deleted, null where nothing did. */
  readonly problem: Problem | null;
}

/** A look that has found some: where its keys are kept. */
type FoundLook = Pick<RemoveVanishedMessage, 'from' | 'look'>;

/** What looks through all collections have found, and tables that could not be looked through. */
interface AllVanished {
  readonly found: Readonly<Record<string, VanishedCount>>;
  readonly failures: readonly TableFailure[];
  /** True where it was left to a later pass. */
  readonly gaveWay?: true;
  readonly looks: readonly FoundLook[];
}

/** How thoroughly a pass looks for vanished rows: `likely` spares a search where rows written meanwhile may stand for vanished ones; `if-checked` leaves it to a pass after the checks, where their numbers differ; `unless-cutover` leaves it to a later pass where MLflow waits for the end of this one. */
export type Look = 'none' | 'if-checked' | 'likely' | 'all' | 'unless-cutover';

/** For passes that need no look. */
export const NONE_VANISHED: AllVanished = { found: {}, failures: [], looks: [] };

/** For passes that find no document without a row. */
export const NOTHING_REMOVED: Removed = { removed: {}, failures: [], digestChanges: {}, problem: null };

/**
 * Documents of vanished rows in all collections, none of which is deleted yet. Looking and deleting are steps of their own, so
 * that the number of all is known, and refused if need be, before the first is gone: half of a deletion that nobody wanted is
 * no better than all of it. The keys are kept as blobs; only their numbers pass through here.
 *
 * Rows written before `clock` have been compared, and have their documents by now, so that numbers of rows and documents can be
 * held against each other. Unless only what is likely is asked for, rows written since do not count, as they could hide documents without a row.
 */
export function* findAllVanished(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
  clock: SourceClock,
  look: Exclude<Look, 'none'>,
): Generator<Task, AllVanished | { readonly problem: Problem }, unknown> {
  const { request } = migration;
  const plan = planOf(state);
  const found: Record<string, VanishedCount> = {};
  const failures: TableFailure[] = [];
  const looks: FoundLook[] = [];
  const differing = Object.entries(addPass(state.validated, state.passed).tables);
  // Rows that could not be written have no document: each of them hides one without a row from the numbers.
  const incomplete = differing.flatMap(([table, counts]) => (countsOf(counts).errors > 0 ? [table] : []));
  for (let from = 0; from < plan.collections; from += COLLECTIONS_PER_STEP) {
    let after: LookPosition | undefined;
    do {
      const input: FindVanishedMessage = {
        ...aboutPlan(migration, state),
        writer: state.writer,
        notBefore: positionOf(state),
        since: clock.transaction,
        incomplete,
        isLast: look !== 'likely',
        ...(look === 'unless-cutover' ? { givesWay: true } : {}),
        ...(look === 'if-checked' ? { leavesToChecks: true } : {}),
        skip: [...failedTables(state), ...failures.map(({ table }) => table)],
        from,
        to: from + COLLECTIONS_PER_STEP,
        ...(after === undefined ? {} : { after }),
      };
      const result = yield* callStep<VanishedFound>(context, ACTIVITIES.findVanished, input, request.stallMinutes);
      if ('problem' in result) return result;
      const { value } = result;
      if (value.gaveWay === true) return { ...NONE_VANISHED, gaveWay: true };
      // A table may have documents in several collections.
      for (const [table, count] of Object.entries(value.found)) {
        const before = found[table] ?? { documents: 0, vanished: 0 };
        found[table] = {
          documents: before.documents + count.documents,
          vanished: before.vanished + count.vanished,
        };
      }
      failures.push(...value.failures);
      if (Object.keys(value.found).length > 0) looks.push({ from, look: after?.looks ?? 0 });
      after = value.next;
    } while (after !== undefined);
  }
  return { found, failures, looks };
}

/**
 * Deletes the documents that were found without a row, by the keys that the same collections' look has kept. `pass` goes along
 * as the number of the step: the queue may deliver one again when a later pass has begun, and rows that came back since
 * have their documents again. Such a delivery finds the later number in the target and deletes nothing.
 */
export function* removeAllVanished(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
  pass: number,
  looks: readonly FoundLook[],
): Generator<Task, Removed, unknown> {
  const { request } = migration;
  const removed: Record<string, number> = {};
  const failures: TableFailure[] = [];
  let digestChanges: StoredDigests = {};
  for (const look of looks) {
    const input: RemoveVanishedMessage = {
      ...aboutPlan(migration, state),
      // Whoever deletes has claimed. A step without a token finds no record of a claim, and fails.
      writer: state.writer ?? '',
      step: pass,
      ...look,
    };
    const result = yield* callStep<VanishedRemoved>(context, ACTIVITIES.removeVanished, input, request.stallMinutes);
    // What is gone is counted, whatever became of the rest.
    if ('problem' in result) return { removed, failures, digestChanges, problem: result.problem };
    for (const [table, count] of Object.entries(result.value.removed)) removed[table] = (removed[table] ?? 0) + count;
    failures.push(...result.value.failures);
    digestChanges = addAllDigests(digestChanges, result.value.digestChanges);
  }
  return { removed, failures, digestChanges, problem: null };
}

/** The state with tables that could not be looked through: later steps leave them out, and the report says that nothing is known of them. */
export function withFailures(state: MigrateState, failures: readonly TableFailure[]): MigrateState {
  const sums: WorkSums = { ...NO_SUMS, failures };
  return failures.length === 0 ? state : { ...state, validated: addSums(state.validated, sums) };
}
