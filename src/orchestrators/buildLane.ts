import type { OrchestrationContext, Task } from 'durable-functions';
import type { LaneInput, LaneResult, WorkItem } from '../contract/lane.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import { NO_SUMS } from '../contract/workSums.ts';
import { buildStep } from './buildStep.ts';
import { COLLECTIONS_PER_STEP, now } from './state.ts';

/** The lane that makes indexes, step by step, until it came to all of them: one that is being built cannot be left halfway. */
export function* buildLane(context: OrchestrationContext, input: LaneInput): Generator<Task, LaneResult, unknown> {
  const { id, planStamp, request, stallMinutes, writer } = input;
  const about = { id, planStamp, ...(request === undefined ? {} : { request }) };
  const queue: WorkItem[] = [...input.items];
  for (let item = queue[0]; item !== undefined; item = queue[0]) {
    const from = item.unit * COLLECTIONS_PER_STEP;
    const result = yield* buildStep(context, { ...about, writer }, from, stallMinutes);
    if ('problem' in result) return ended(queue, { problem: result.problem });
    if (!result.value.isLeft) queue.shift();
  }
  return ended([], { builtAt: now(context) });
}

function ended(remaining: readonly WorkItem[], how: Partial<LaneResult>): LaneResult {
  return { version: MESSAGE_VERSION, ...NO_SUMS, remaining, stop: null, problem: null, ...how };
}
