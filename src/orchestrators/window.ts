import type { OrchestrationContext, Task } from 'durable-functions';
import type { Problem } from '../errors.ts';
import {
  addSums,
  type LaneInput,
  type LaneResult,
  type MigrateInput,
  type MigrateState,
  type UnitKind,
  type WorkItem,
} from './messages.ts';
import { ORCHESTRATORS } from './names.ts';
import { failed, failedTables, planOf, positionOf, sinceOf } from './state.ts';
import { heedWord } from './steps.ts';

/** Units that a lane does in one window: its history stays below a hundred activities. */
const UNITS_PER_LANE = 20;
/** Share of refused requests above which the next window has fewer lanes. */
const TOO_MANY_REFUSED = 0.05;

/** Are there units of the phase that are not done yet? */
export function hasUnits(state: MigrateState): boolean {
  return state.next < planOf(state).units || state.leftover.length > 0;
}

/** One window: `lanes` lanes at once, each with its share of the next units. */
export function* runWindow(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
  kind: UnitKind,
): Generator<Task, MigrateState, unknown> {
  const plan = planOf(state);
  const size = state.lanes * UNITS_PER_LANE;
  const items: WorkItem[] = state.leftover.slice(0, size);
  const leftover = state.leftover.slice(size);
  let next = state.next;
  while (items.length < size && next < plan.units) items.push({ unit: next++, only: null });
  const isPass = state.phase === 'catch-up';
  const sums = kind === 'copy' ? state.copied : isPass ? state.passed : state.validated;
  const skip = failedTables(state);
  const lanes = Array.from({ length: Math.min(state.lanes, items.length) }, (_unused, lane): LaneInput => {
    const share = items.filter((_item, index) => index % state.lanes === lane);
    return {
      id,
      plan: plan.stamp,
      request,
      writer: state.writer,
      notBefore: positionOf(state),
      kind,
      items: share,
      skip,
      since: isPass ? sinceOf(state) : null,
      whole: state.stale ?? [],
    };
  });
  let results: LaneResult[];
  try {
    const tasks = lanes.map((lane) => context.df.callSubOrchestrator(ORCHESTRATORS.runLane, lane));
    results = tasks.length === 0 ? [] : ((yield context.df.Task.all(tasks)) as LaneResult[]);
  } catch {
    const problem: Problem = {
      kind: 'internal',
      message: 'A lane of the migration ended without an answer',
      hint: 'Look at the host’s log; start again with --resume',
    };
    return failed(state, [problem]);
  }
  const total = results.reduce(addSums, sums);
  const rest = [...results.flatMap(({ remaining }) => remaining), ...leftover];
  const repaired = results.flatMap(({ tables }) => Object.values(tables)).reduce((sum, counts) => sum + counts[3], 0);
  const moved: MigrateState = {
    ...state,
    next,
    changed: state.changed + repaired,
    leftover: rest,
    lanes: nextLanes(state.lanes, request.parallel ?? state.lanes, results),
    ...(kind === 'copy' ? { copied: total } : isPass ? { passed: total } : { validated: total }),
  };
  if (results.some(({ stop }) => stop === 'cancel')) {
    return { ...moved, isCancelled: true, phase: 'report', endedIn: state.phase };
  }
  if (results.some(({ stop }) => stop === 'suspend')) yield* heedWord(context, id);
  const problems = results.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  if (problems.length > 0) return failed(moved, problems.slice(0, 1));
  return moved;
}

/** Fewer lanes where the target refuses much, more where it takes everything, within what was asked for. */
function nextLanes(lanes: number, most: number, results: readonly LaneResult[]): number {
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  const refused = results.reduce((sum, result) => sum + result.throttled, 0);
  if (requests > 0 && refused / requests > TOO_MANY_REFUSED) return Math.max(1, lanes >> 1);
  return Math.min(most, lanes + 1);
}
