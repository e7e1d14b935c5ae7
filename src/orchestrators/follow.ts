import type { OrchestrationContext, Task } from 'durable-functions';
import { broughtSinceProof } from '../contract/broughtSinceProof.ts';
import { laneIdOf } from '../contract/laneIdOf.ts';
import type { Following, MigrateState } from '../contract/migrateState.ts';
import type { FollowStatus } from '../contract/migration.ts';
import { sumOf } from '../contract/tableCounts.ts';
import { beginPass, endPass, takeClock } from './catchUp.ts';
import type { Generation } from './generation.ts';
import { waitUntil } from './heedWord.ts';
import { besideSeen, isAnythingWrong } from './proven.ts';
import { replan } from './replan.ts';
import { hasUnits, runWindow } from './runWindow.ts';
import { enter, failedTables, type Migration, millisecondsOf, now, passesSinceProof } from './state.ts';
import { wait } from './wait.ts';

/** Between two passes of a cut-over that is held back: MLflow waits for it. */
const HELD_WAIT_MS = 2_000;

/**
 * The state after catching up: a run that is to follow its source goes on where others write their report, unless something
 * was found wrong, which somebody should know before the next pass.
 */
export function followOn(context: OrchestrationContext, { request }: Generation, state: MigrateState): MigrateState {
  const isProven =
    state.endedIn === 'catch-up' && state.problems.length === 0 && !state.isCancelled && !isAnythingWrong(state);
  if (request.follow === null || state.isCuttingOver === true || !isProven) return state;
  const time = now(context);
  const { comparedFrom, instant } = state;
  const following: Following = {
    rows: state.following?.rows ?? 0,
    passesBefore: state.passes,
    passesCounted: passesSinceProof(state),
    begunAt: time,
    // The proof's last pass began after that: the true lag is shorter until the first pass has ended.
    lookedAt: comparedFrom ?? time,
    endedAt: time,
    beside: besideSeen(state),
    ...(instant === null ? {} : { provenAt: instant.at }),
  };
  // No report is written yet, which the catching up was about to enter.
  const events = (state.events ?? []).filter(
    (event) => event.what !== 'phase' || event.phase !== 'report' || event.at !== state.phaseStartedAt,
  );
  // How often tables have changed counts from proof to proof: a source that is followed for months changes more often than one that is copied.
  return { ...enter(context, { ...state, events }, 'follow'), endedIn: null, following, replans: 0 };
}

/**
 * The state after a pass of a cut-over: where rows had changed, or somebody was writing, the run follows its source again, and the
 * cut-over is tried again with the next pass, as its word still stands.
 */
export function holdCutover(context: OrchestrationContext, before: MigrateState, state: MigrateState): MigrateState {
  const { following, clock } = state;
  const hasEnded = state.passes > before.passes && state.rechecks === before.rechecks;
  if (state.isCuttingOver !== true || state.phase !== 'catch-up' || !hasEnded || following === undefined) return state;
  const held = {
    tries: (following.held?.tries ?? 0) + 1,
    rows: state.changed,
    writers: following.writers ?? 0,
    prepared: clock?.prepared.length ?? 0,
  };
  return {
    ...enter(context, state, 'follow'),
    isCuttingOver: false,
    following: { ...afterPass(context, following, state), held },
  };
}

/**
 * The state after the checks of a cut-over, with what has become of the source meanwhile: a session that writes by then holds it
 * back, as what it writes would be lost. Transactions that ended may be those of another database of the server.
 */
export function* sealCutover(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { following, instant, problems } = state;
  const isAtEnd =
    state.phase === 'report' && state.endedIn === 'catch-up' && problems.length === 0 && !state.isCancelled;
  if (!isAtEnd || state.isCuttingOver !== true || instant?.quietSince === undefined || following === undefined) {
    return state;
  }
  const moment = yield* takeClock(context, migration, state);
  // What was seen before holds as it did.
  if ('problem' in moment) return state;
  const { clock, changedTables, writers = 0 } = moment.value;
  const prepared = clock.prepared.length;
  if (writers + prepared > 0) {
    const held = { tries: (following.held?.tries ?? 0) + 1, rows: 0, writers, prepared };
    return {
      ...enter(context, state, 'follow'),
      endedIn: null,
      isCuttingOver: false,
      following: { ...following, writers, held },
    };
  }
  if (clock.at === null || clock.next !== state.clock?.next || changedTables.length > 0) return state;
  return { ...state, instant: { ...instant, quietUntil: clock.at } };
}

/** What was done since the proof, with the pass that has ended. */
function afterPass(context: OrchestrationContext, following: Following, { changed }: MigrateState): Following {
  const { rows, begunAt } = following;
  return { ...following, rows: rows + changed, lookedAt: begunAt, endedAt: now(context) };
}

/**
 * One piece of following the source: waiting for the next pass, beginning it, a window of it, or its end. Each pass brings over
 * what was written since the one before, deletions too, and claims nothing: the proof comes with the cut-over, as the
 * operator asks for it, or the run ends without another one as it is cancelled.
 */
export function* follow(
  context: OrchestrationContext,
  generation: Generation,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { passClock, following } = state;
  if (following === undefined) throw new Error('Nothing is followed');
  if (passClock === null) return yield* awaitPass(context, generation, state, following);
  if (hasUnits(state)) return yield* runWindow(context, generation, state, 'validate');
  const ended = yield* endPass(context, generation, state, passClock, 'unless-cutover');
  if (ended.phase === 'report') return ended;
  const passed = afterPass(context, ended.following ?? following, ended);
  const again = tryingAgain(ended);
  const isMended = passed.isMended === true || (again.stale ?? []).length > 0;
  return { ...again, following: isMended ? { ...passed, isMended } : passed };
}

/** Tables that failed in a pass are no longer left out: the next one compares them as a whole, as it cannot know what it has missed. */
function tryingAgain(state: MigrateState): MigrateState {
  return { ...state, stale: failedTables(state), validated: { ...state.validated, failures: [] } };
}

/** Waits until the next pass is due, and begins it; heeds what the operator says meanwhile. */
function* awaitPass(
  context: OrchestrationContext,
  generation: Generation,
  before: MigrateState,
  following: Following,
): Generator<Task, MigrateState, unknown> {
  const { id, request } = generation;
  // What was written before the writers were stopped takes one more pass, and what vanished another. Where somebody still writes,
  // passes without a rest would cost the source much and end nothing.
  const { tries = 0, writers = 0, prepared = 0 } = following.held ?? {};
  if (tries > 2 || writers + prepared > 0) yield* wait(context, HELD_WAIT_MS);
  const due = millisecondsOf(context, following.endedAt) + (request.follow ?? 0) * 1_000;
  const number = before.lanesBegun ?? 0;
  // A source may be followed for months, with a wait for each pass: these are deleted as lanes are.
  const word = yield* waitUntil(context, id, due, laneIdOf({ id, startedAt: before.startedAt }, number));
  const state: MigrateState = { ...before, lanesBegun: number + 1 };
  if (word === 'cancel') return { ...state, isCancelled: true, phase: 'report', endedIn: state.phase };
  if (word === 'cutover') {
    const renewed = { ...following, begunAt: now(context) };
    const cutting = { ...enter(context, state, 'catch-up'), isCuttingOver: true, rechecks: 0, following: renewed };
    // What passes have found wrong may have been mended or deleted since, and a pass looks at changed rows alone: the proof is made of
    // all rows again.
    return isAnythingWrong(state) ? (replan(context, { ...cutting, replans: 0 }) ?? cutting) : cutting;
  }
  const { held: _held, ...unheld } = following;
  return yield* beginPass(context, generation, { ...state, following: { ...unheld, begunAt: now(context) } });
}

/** What the status shows of the passes; undefined before the run follows its source. */
export function followStatus(context: OrchestrationContext, state: MigrateState): FollowStatus | undefined {
  const { following, passes, changed, passClock, instant } = state;
  if (following === undefined) return undefined;
  const missed = sumOf(state.validated.tables, 'errors') + (state.stale ?? []).length;
  const { passesBefore, lookedAt, endedAt, looked = true } = following;
  const held = heldBy(state, following);
  const passMs = millisecondsOf(context, endedAt) - millisecondsOf(context, lookedAt);
  return {
    equalAt: missed > 0 || !looked ? null : (instant?.at ?? null),
    lookedAt,
    passes: passesSinceProof(state),
    rows: broughtSinceProof(state),
    lastRows: passClock === null ? changed : 0,
    ...(state.phase !== 'follow' || passes <= passesBefore ? {} : { passSeconds: passMs / 1_000 }),
    ...(missed === 0 ? {} : { missed }),
    ...(held === undefined ? {} : { held }),
  };
}

/**
 * What holds a cut-over back now: while it waits, what the last try found; in the next one, what that has found so far. Where that is
 * nothing the run comes to its end.
 */
function heldBy(state: MigrateState, { held, writers = 0 }: Following): FollowStatus['held'] {
  const { phase, passClock, clock, changed } = state;
  if (held === undefined || phase === 'follow') return held;
  const prepared = (passClock ?? clock)?.prepared.length ?? 0;
  const isHeld = phase === 'catch-up' && changed + writers + prepared > 0;
  return isHeld ? { ...held, rows: changed, writers, prepared } : undefined;
}
