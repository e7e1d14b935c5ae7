import type { OrchestrationContext, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrateOutput } from '../contract/migration.ts';
import type { ReleaseInput } from '../contract/steps/releaseTarget.ts';
import { callStep } from './callStep.ts';
import { provenAtEnd, wasProvenWhole } from './proven.ts';
import { type Migration, now } from './state.ts';
import { wait } from './wait.ts';

interface EndOptions {
  readonly stallMinutes: number;
  /** Wait between giving the right to write back and counting what stands, for writers that do not know yet. */
  readonly settleMs: number;
  /** ISO 8601; null where the run ends now. */
  readonly finishedAt: string | null;
}

/** Whoever has cancelled waits for the end: a target that does not answer then is asked once, and told in the report. */
const RELEASE_LIMIT_MS = 5_000;

/** What every end of a run does, and its output: throughput set back, the right to write given back, the report. */
export function* endRun(
  context: OrchestrationContext,
  { id, request }: Migration,
  before: MigrateState,
  { stallMinutes, settleMs, finishedAt }: EndOptions,
): Generator<Task, MigrateOutput, unknown> {
  let state = before;
  const own = { id, run: state.startedAt, request };
  const proven = provenAtEnd(state, request);
  const released: ReleaseInput = {
    ...own,
    ...(state.plan === null ? {} : { planStamp: state.plan.stamp }),
    ...(proven === undefined ? {} : { proven }),
    ...(wasProvenWhole(state, request) ? { isWhole: true } : {}),
    ...(state.isCancelled ? { limitMs: RELEASE_LIMIT_MS } : {}),
  };
  // Throughput that stays raised costs money: that is waited for in any case.
  const releaseMinutes = state.isCancelled ? 0 : stallMinutes;
  for (const [name, input, minutes] of [
    ...(state.isThroughputRaised ? [[ACTIVITIES.restoreThroughput, own, stallMinutes] as const] : []),
    ...(state.mayHaveClaimed ? [[ACTIVITIES.releaseTarget, released, releaseMinutes] as const] : []),
  ]) {
    const given = yield* callStep<null>(context, name, input, minutes);
    if ('problem' in given) state = { ...state, problems: [...state.problems, given.problem] };
  }
  if (settleMs > 0) yield* wait(context, settleMs);
  const input = { id, request, state, finishedAt: finishedAt ?? now(context) };
  const report = yield* callStep<MigrateOutput>(context, ACTIVITIES.writeReport, input, stallMinutes);
  if ('value' in report) return report.value;
  const { problems } = state;
  return unreported({ ...state, problems: [...problems, report.problem] }, finishedAt ?? now(context));
}

/** The output of a run that no report can be written of: the outcome is told all the same. */
export function unreported(state: MigrateState, finishedAt: string): MigrateOutput {
  return {
    status: 'failed',
    startedAt: state.startedAt,
    finishedAt,
    source: null,
    target: null,
    tables: {},
    throttled: state.copied.throttled,
    requestUnits: null,
    problems: state.problems,
    endedIn: state.endedIn,
  };
}
