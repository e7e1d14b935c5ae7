import type { OrchestrationContext } from 'durable-functions';
import type { ChecksState, MigrateState, PhaseStretch } from '../contract/migrateState.ts';
import type { MigrateInput } from '../contract/migration.ts';
import type { Phase } from '../contract/migrationStatus.ts';
import { readState } from '../contract/packState.ts';
import type { PlannedStep } from '../contract/plannedStep.ts';
import type { RunEvent } from '../contract/runEvent.ts';
import type { PlanResult } from '../contract/steps/makePlan.ts';
import { sumOf } from '../contract/tableCounts.ts';
import { NO_SUMS } from '../contract/workSums.ts';
import type { Problem } from '../errors.ts';

/** What a migration is from its start to its end; all else is its state. */
export type Migration = Pick<MigrateInput, 'id' | 'request'>;

/** Collections that one activity makes indexes for, checks or clears of vanished rows. */
export const COLLECTIONS_PER_STEP = 100;

/** Checks that were not made. */
export const NO_CHECKS: ChecksState = {
  at: null,
  counts: false,
  indexes: false,
  references: false,
  orphansAsInSource: 0,
  unchecked: [],
};

/** State of a migration that begins. */
export function newState(context: OrchestrationContext): MigrateState {
  return {
    phase: 'preflight',
    startedAt: now(context),
    phaseStartedAt: now(context),
    plan: null,
    next: 0,
    leftover: [],
    lanes: 1,
    copied: NO_SUMS,
    validated: NO_SUMS,
    checks: NO_CHECKS,
    passed: NO_SUMS,
    rows: {},
    documents: {},
    clock: null,
    instant: null,
    passClock: null,
    passes: 0,
    changed: 0,
    changedBefore: 0,
    rechecks: 0,
    wasMarked: false,
    writer: null,
    mayHaveClaimed: false,
    isOurs: false,
    isTakingOver: false,
    replans: 0,
    shapeChanged: [],
    deleted: {},
    vanished: {},
    endedIn: null,
    isThroughputRaised: false,
    seconds: { copy: 0, indexes: 0, validate: 0 },
    problems: [],
    isCancelled: false,
  };
}

/** The state that a generation begins with. What one of an earlier release does not tell is as it is in a new run. */
export function stateFrom(context: OrchestrationContext, stored: MigrateInput['state']): MigrateState {
  return readState(stored, newState(context));
}

/** Events that are kept: they stand in the custom status, which Durable holds to 16 KB. */
const MAX_EVENTS = 60;

/** The state with one event more. */
export function withEvent(state: MigrateState, event: RunEvent): MigrateState {
  return { ...state, events: [...(state.events ?? []), event].slice(-MAX_EVENTS) };
}

/** Notes that a phase begins, and of the comparison that ends what it repaired. */
function withPhase(context: OrchestrationContext, state: MigrateState, phase: Phase): MigrateState {
  const at = now(context);
  const repaired = state.phase === 'validate' ? sumOf(state.validated.tables, 'repaired') : 0;
  const noted = repaired > 0 ? withEvent(state, { at, what: 'repaired', count: repaired }) : state;
  return withEvent(noted, { at, what: 'phase', phase });
}

/** Ends the phase, which is over since `at` (ISO 8601), and books its time. */
export function enter(
  context: OrchestrationContext,
  state: MigrateState,
  phase: Phase,
  at: string = now(context),
): MigrateState {
  return {
    ...withPhase(context, state, phase),
    phase,
    ...(phase === 'report' ? { endedIn: state.phase } : {}),
    phaseStartedAt: at,
    next: 0,
    leftover: [],
    ...timeOf(context, state, state.phase, at),
  };
}

/** Of a run that a word or a problem ended in the middle of a phase: what that one took so far is booked too. */
export function withLastPhase(context: OrchestrationContext, state: MigrateState): MigrateState {
  const { endedIn, builtAt } = state;
  if (endedIn === null) return state;
  if (endedIn !== 'indexes' || builtAt === undefined)
    return { ...state, ...timeOf(context, state, endedIn, now(context)) };
  // What came after the last index is comparison alone.
  const built = { ...state, ...timeOf(context, state, 'indexes', builtAt), phaseStartedAt: builtAt };
  return { ...built, ...timeOf(context, built, 'validate', now(context)) };
}

/** Of a run that Durable ended: the phases that `events` tell of after those of the state are booked too, the last until `endedAt`. */
export function timedUntil(
  context: OrchestrationContext,
  before: MigrateState,
  events: readonly RunEvent[],
  endedAt: string,
): MigrateState {
  let state = before;
  for (const event of events) {
    if (event.what !== 'phase' || event.at <= state.phaseStartedAt) continue;
    const { phase, at } = event;
    state = { ...state, ...timeOf(context, state, state.phase, at), phase, phaseStartedAt: at };
  }
  return { ...state, ...timeOf(context, state, state.phase, endedAt) };
}

/** More would be a run that was cut over again and again: its first phases are worth most, and stay. */
const MAX_STRETCHES = 30;

/** The times of the phases, with what this one took from its beginning until `at`. */
function timeOf(
  context: OrchestrationContext,
  state: MigrateState,
  phase: Phase,
  at: string,
): Pick<MigrateState, 'seconds' | 'stretches'> {
  const { seconds, stretches = [], phaseStartedAt: from, comparedFrom, besideTo = at } = state;
  // Catching up is part of proving that everything arrived.
  const timed = phase === 'catch-up' ? 'validate' : phase;
  if (timed !== 'copy' && timed !== 'indexes' && timed !== 'validate') return { seconds, stretches };
  const took = (millisecondsOf(context, at) - millisecondsOf(context, from)) / 1000;
  // The clock says that the comparison has begun.
  const isComparing = timed === 'indexes' && state.clock !== null && comparedFrom != null;
  const stretch: PhaseStretch[] = [
    [timed, from, at],
    ...(isComparing ? ([['beside', comparedFrom, besideTo < at ? besideTo : at]] as const) : []),
  ];
  return {
    seconds: { ...seconds, [timed]: seconds[timed] + took },
    stretches: took > 0 && stretches.length < MAX_STRETCHES ? [...stretches, ...stretch] : stretches,
  };
}

/** State after problems that end the migration. */
export function failed(state: MigrateState, problems: readonly Problem[]): MigrateState {
  // An activity that finds the migration cancelled says so as a problem of this kind: the operator's word, which went wrong for nobody.
  const ended = problems.filter(({ kind }) => kind !== 'interrupted');
  const isCancelled = state.isCancelled || ended.length < problems.length;
  return { ...state, phase: 'report', endedIn: state.phase, isCancelled, problems: [...state.problems, ...ended] };
}

/** The plan, which every phase after planning has. */
export function planOf(state: MigrateState): PlanResult {
  if (state.plan === null) throw new Error(`Phase ${state.phase} has no plan`);
  return state.plan;
}

/** What every step with the plan is told of it. A plan of an earlier release does not keep the request, which goes along then. */
export function aboutPlan({ id, request }: Migration, state: MigrateState): PlannedStep {
  const { stamp, hasRequest } = planOf(state);
  return { id, planStamp: stamp, ...(hasRequest === true ? {} : { request }) };
}

/**
 * By which plan checksums of the target were made: this run's, or the one whose proof it goes by. Rows that were written since void them, as
 * their source has not stood still.
 */
export function checksumsBy({ stamp, proven }: PlanResult): string | undefined {
  return proven === undefined ? stamp : proven.checksumsBy;
}

/** Tables that failed for good: what comes after leaves them out, and the others go on. */
export function failedTables(state: MigrateState): string[] {
  return [
    ...new Set(
      [...state.copied.failures, ...state.validated.failures, ...state.passed.failures].map(({ table }) => table),
    ),
  ];
}

/** The orchestration's time, ISO 8601. */
export function now(context: OrchestrationContext): string {
  return context.df.currentUtcDateTime.toISOString();
}

/** Time of an ISO text, by the context's own clock class: `Date` itself is kept out of orchestrators. */
export function millisecondsOf(context: OrchestrationContext, iso: string): number {
  return (context.df.currentUtcDateTime.constructor as DateConstructor).parse(iso);
}

/** Position in the source's write-ahead log that what is read now must have got to, null where the source has one host. */
export function positionOf(state: MigrateState): string | null {
  return (state.passClock ?? state.clock)?.position ?? null;
}

/** Does the phase go by passes over what changed? */
export function goesByPasses({ phase }: MigrateState): boolean {
  return phase === 'catch-up' || phase === 'follow';
}

/** Transaction from which the pass under way looks for changes. */
export function sinceOf(state: MigrateState): string {
  return state.clock?.transaction ?? '0';
}

/** Passes of a run that follows its source since it was proven first. The number only grows, also where tables are planned anew and proven again. */
export function passesSinceProof({ passes, following }: MigrateState): number {
  if (following === undefined) return 0;
  return Math.max(0, passes - following.passesBefore) + (following.passesCounted ?? 0);
}
