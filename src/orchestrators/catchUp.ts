import type { OrchestrationContext, Task } from 'durable-functions';
import { addAllDigests } from '../contract/collectionDigest.ts';
import type { SourceInstant } from '../contract/facts.ts';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { SourceClock } from '../contract/sourceClock.ts';
import type { ReadSourceClockMessage, SourceMoment } from '../contract/steps/readSourceClock.ts';
import { sumOf } from '../contract/tableCounts.ts';
import { addPass, NO_SUMS } from '../contract/workSums.ts';
import type { Problem } from '../errors.ts';
import { deleteRefusal } from '../plan/deleteRefusal.ts';
import { callStep } from './callStep.ts';
import { check } from './check.ts';
import type { Generation } from './generation.ts';
import { replan } from './replan.ts';
import { hasUnits, runWindow } from './runWindow.ts';
import { aboutPlan, failed, type Migration, planOf, sinceOf } from './state.ts';
import {
  findAllVanished,
  type Look,
  NONE_VANISHED,
  NOTHING_REMOVED,
  removeAllVanished,
  withFailures,
} from './vanished.ts';

/** Changes that a last pass can bring over in a few seconds, and passes after which a busy source is let go. */
const FEW_CHANGES = 5_000;
const MAX_PASSES = 50;

/** The source's clock now, and whether its tables are those of the plan. The target has caught up with `state.clock`, which tells how far it is behind. */
export function* takeClock(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
): Generator<Task, { readonly value: SourceMoment } | { readonly problem: Problem }, unknown> {
  const { request } = migration;
  const input: ReadSourceClockMessage = {
    ...aboutPlan(migration, state),
    upTo: state.clock?.at ?? null,
    notBefore: state.clock?.position ?? null,
    ...(state.isCuttingOver === true ? { countsWriters: true } : {}),
  };
  return yield* callStep<SourceMoment>(context, ACTIVITIES.readSourceClock, input, request.stallMinutes);
}

/**
 * Begins what goes by the source's clock, which is taken first. Where tables are others than the plan's, all is planned anew in its
 * place; once that was done often enough `begin` is told of them. So it is where the source is in another history, of which what was
 * read before says nothing; once that was done often enough, the run fails.
 */
export function* fromClock(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
  begin: (moment: SourceMoment) => MigrateState,
): Generator<Task, MigrateState, unknown> {
  const moment = yield* takeClock(context, migration, state);
  if ('problem' in moment) return failed(state, [moment.problem]);
  const isOther = isElsewhere(state, moment.value);
  const again = moment.value.changedTables.length === 0 && !isOther ? null : replan(context, state);
  if (again === null && isOther) return failed(state, [ELSEWHERE]);
  return again ?? begin(moment.value);
}

const ELSEWHERE: Problem = {
  kind: 'source-unreachable',
  message:
    'The source keeps failing over, or is restored, while it is read: what was compared before says nothing of its rows now',
  hint: 'Start the migration again with --resume once the source stays where it is: what was copied is kept, and compared',
};

/** Has the source gone to another history: its timeline is another one, or its transactions are fewer than they were? */
function isElsewhere({ clock }: MigrateState, moment: SourceMoment): boolean {
  return moment.isElsewhere === true || (clock !== null && BigInt(moment.clock.next) < BigInt(clock.transaction));
}

/**
 * One pass after the other over what was written since the pass before, until one finds little; then a last one. A pass
 * that finds nothing is the last. The target then equals the source as of the last pass's beginning.
 *
 * A row tells by its `xmin` which transaction wrote it. A pass begins with the source's clock, the first transaction that had
 * not ended then: whatever that one or a later one writes is the next pass's, so nothing that is committed while a pass reads
 * is overlooked, and some rows are read twice. It must not be the last transaction that had ended instead: transactions do not
 * end in the order of their ids, and an older one that commits later would be passed over for ever.
 *
 * What `xmin` cannot tell, others look for: rows that are gone have none, so that documents without a row are searched
 * (vanished.ts); a document with joined rows changes when others go (`changedSince` in src/source/changedSince.ts compares all of
 * them each time); and rows that came into a table without being written there, by a rename or a partition that was attached,
 * show in the fingerprint that is read with the clock.
 *
 * One call does one piece (begin, a window, finish), so that the migration can start over with an empty history between
 * any two of them. `state.clock` moves only when a pass has ended, as all its windows look for changes since the clock of before.
 */
export function* catchUp(
  context: OrchestrationContext,
  migration: Generation,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  if (state.passClock === null) return yield* beginPass(context, migration, state);
  if (hasUnits(state)) return yield* runWindow(context, migration, state, 'validate');
  return yield* finishPass(context, migration, state, state.passClock);
}

/**
 * Begins a pass: takes the clock. Tables that are others than the plan's are planned and read anew; once that was done often enough the pass
 * goes on, and `shapeChanged` keeps the report from claiming anything of them.
 */
export function* beginPass(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  return yield* fromClock(context, migration, state, ({ clock, changedTables, writers = 0 }) => {
    // Only vanished rows are left to look for. Documents that the checks found stale have no row that is new, so that `stale`
    // asks for a pass over units all the same.
    const hasNoWork = isQuiet(state, clock) && (state.stale ?? []).length === 0;
    return {
      ...state,
      passClock: clock,
      shapeChanged: changedTables,
      // A pass without units to do is at its end at once.
      next: hasNoWork ? planOf(state).units : 0,
      leftover: [],
      passed: NO_SUMS,
      changedBefore: state.changed,
      changed: 0,
      ...(state.following === undefined ? {} : { following: { ...state.following, writers } }),
    };
  });
}

/** Ends a pass. The checks come after one that may be the last. */
function* finishPass(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
  clock: SourceClock,
): Generator<Task, MigrateState, unknown> {
  const isCuttingOver = state.isCuttingOver === true;
  // Of a run that follows its source the pass before was one of many.
  const isAfterAnother = state.passes > 0;
  const passes = state.passes + 1 - (state.following?.passesBefore ?? 0);
  // After a pass that brought much, much may have come meanwhile: another one. Only the pass after one that brought little is
  // likely to be short, and so to end close to the instant that it speaks of.
  const mayBeLast = (changed: number) =>
    isCuttingOver
      ? changed === 0 && isStill(state, clock)
      : changed === 0 || (isAfterAnother && state.changedBefore <= FEW_CHANGES) || passes >= MAX_PASSES;
  // Where rows have changed another pass follows: it looks, and MLflow waits for a search once.
  const likely = isCuttingOver ? 'none' : 'likely';
  const last = isFreshCopy(migration, state, clock) ? 'if-checked' : 'all';
  const ended = yield* endPass(context, migration, state, clock, mayBeLast(state.changed) ? last : likely);
  if (ended.phase === 'report' || !mayBeLast(ended.changed)) return ended;
  return yield* check(context, migration, isCuttingOver ? withQuiet(ended, state.clock) : ended);
}

/**
 * Has this run filled an empty target from a source that has stood still since the comparison began, which found or made each
 * document? Then a document without a row would be somebody else's, or of a row that went during the copy: the checks, which come next
 * and count all the same, tell.
 */
function isFreshCopy({ request }: Migration, state: MigrateState, clock: SourceClock): boolean {
  const { isOurs, isTakingOver, passes, rechecks, following, validated } = state;
  const isFilledHere = !isOurs && !isTakingOver && !request.adoptTarget;
  const isFirstPass = passes === 0 && rechecks === 0 && following === undefined;
  return isFilledHere && isFirstPass && isQuiet(state, clock) && sumOf(validated.tables, 'errors') === 0;
}

/** Was nobody writing as the pass began, whose transaction could still change rows? */
function isStill({ following }: MigrateState, clock: SourceClock): boolean {
  return following?.writers === 0 && clock.prepared.length === 0;
}

/** The last pass of a cut-over has found nothing that was written since the one before it began. */
function withQuiet(state: MigrateState, before: SourceClock | null): MigrateState {
  const { instant } = state;
  if (instant === null || before === null || before.at === null) return state;
  return { ...state, instant: { ...instant, quietSince: before.at } };
}

/**
 * Deletes what has vanished, unless that is more than was agreed to, and adds the pass to those of before. Rows and documents
 * are counted first, and what a pass does not look for a later one finds.
 */
export function* endPass(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
  clock: SourceClock,
  look: Look,
): Generator<Task, MigrateState, unknown> {
  const { request } = migration;
  const passes = state.passes + 1;
  const looked =
    look !== 'none' && mayHaveVanished(state, clock)
      ? yield* findAllVanished(context, migration, state, clock, look)
      : NONE_VANISHED;
  if ('problem' in looked) return failed(withPass(state, {}), [looked.problem]);
  const { found, failures, looks, gaveWay } = looked;
  // All collections were looked through before the first document goes: what is refused is refused as a whole.
  const refusal = deleteRefusal(found, state.deleted, request.allowDeletes, request.adoptTarget);
  if (refusal !== null) return failed(withPass(withFailures(state, failures), {}), [refusal]);
  const gone =
    Object.keys(found).length === 0
      ? NOTHING_REMOVED
      : yield* removeAllVanished(context, migration, state, passes, looks);
  // Deleting is bringing over as well: a pass that found only vanished rows is not one that found nothing.
  const changed = state.changed + Object.values(gone.removed).reduce((sum, count) => sum + count, 0);
  if (gone.problem !== null) return failed(withPass({ ...state, changed }, gone.removed), [gone.problem]);
  // A document whose row was gone before rows were compared, or that is of somebody else, is in no digest.
  const isFirst = state.passes === 0 || state.isUnsearched === true;
  const passed = isFirst
    ? state.passed
    : { ...state.passed, digestChanges: addAllDigests(state.passed.digestChanges, gone.digestChanges) };
  return {
    ...withPass({ ...withFailures(state, [...failures, ...gone.failures]), passed }, gone.removed),
    ...(isFirst ? { goneAtFirst: gone.digestChanges, isUnsearched: look === 'if-checked' } : {}),
    clock,
    instant: instantOf(clock, state.clock),
    passClock: null,
    passes,
    changed,
    stale: [],
    ...(state.following === undefined
      ? {}
      : {
          following: {
            ...state.following,
            looked: look !== 'none' && look !== 'likely' && gaveWay !== true,
            ...(state.passed.whole.length === 0 ? {} : { whole: [...state.passed.whole] }),
          },
        }),
  };
}

/** Can nothing have been written since the clock of before? No transaction from that one on has ended then. */
function isQuiet(state: MigrateState, clock: SourceClock): boolean {
  return clock.next === sinceOf(state);
}

/**
 * Rows go by transactions too: what an earlier run, or the pass before, has looked through needs no second look while the source is
 * quiet. The checks count rows and documents all the same, and where these differ the pass after them looks.
 */
function mayHaveVanished(state: MigrateState, clock: SourceClock): boolean {
  const isProven = state.proven != null && state.passes === 0;
  const isLooked = state.following?.looked === true && state.rechecks === 0;
  return !(isProven || isLooked) || !isQuiet(state, clock);
}

/** Counts of before with those of the pass, and the documents that it deleted. Also for a pass that failed: the report tells what it did. */
function withPass(state: MigrateState, removed: Readonly<Record<string, number>>): MigrateState {
  const { passed } = state;
  const deleted = { ...state.deleted };
  for (const [table, count] of Object.entries(removed)) deleted[table] = (deleted[table] ?? 0) + count;
  return { ...state, validated: addPass(state.validated, passed), passed: NO_SUMS, deleted };
}

/**
 * The instant of a clock, with the transactions that were under way. Only those that were at the clock before too are named:
 * others are over a moment later, and every busy source has some; a long one's rows may be missing for hours, and the report
 * says so.
 */
export function instantOf(clock: SourceClock, before: SourceClock | null): SourceInstant | null {
  if (clock.at === null) return null;
  return {
    at: clock.at,
    from: clock.isStandby ? 'standby' : 'primary',
    openTransactions: clock.open.filter((id) => before?.open.includes(id) === true),
    preparedTransactions: clock.prepared,
  };
}
