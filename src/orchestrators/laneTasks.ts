import type { OrchestrationContext, Task } from 'durable-functions';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import type { LaneInput, LaneKind, LaneResult } from '../contract/lane.ts';
import { isNewer, MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { UnansweredKind } from '../contract/unanswered.ts';
import { NO_SUMS } from '../contract/workSums.ts';
import { kindOfNoAnswer, unanswered } from './unanswered.ts';
import { timerIn } from './wait.ts';

/** A lane that is to begin, under an instance id of its own. */
export interface NewLane {
  readonly id: string;
  readonly input: LaneInput;
}

/** A lane that is under way, or has ended. */
export interface LaneTask {
  readonly input: LaneInput;
  readonly task: Task;
}

/**
 * Begins lanes and waits until all of them have ended, one of them has failed, or the time is over: {@link hasEnded} tells
 * which have. The tasks may be waited for again, but each by itself only. The SDK sends a task again with every `Task.all`
 * and `Task.any` that it stands in, and the extension begins it again then; and the extension begins nothing of a later one
 * before the earlier one is done. So lanes cannot be filled up one by one as they end, and begin together instead.
 */
export function* beginLanes(
  context: OrchestrationContext,
  begun: readonly NewLane[],
  patienceMs: number,
): Generator<Task, readonly LaneTask[], unknown> {
  const { df } = context;
  const version = String(MESSAGE_VERSION);
  const lanes = begun.map(({ id, input }): LaneTask => {
    return { input, task: df.callSubOrchestrator(ORCHESTRATORS.runLane, input, id, version) };
  });
  const timer = timerIn(context, patienceMs);
  yield df.Task.any([df.Task.all(lanes.map(({ task }) => task)), timer]);
  // An orchestration does not end before its timers have.
  if (!timer.isCompleted) timer.cancel();
  return lanes;
}

/** What a lane came to, and which kind of lane it was. */
export type EndedLane = LaneResult & { readonly kind: LaneKind };

/** Is the result of the lane there? The same in every replay, as events come in the same order. */
export function hasEnded({ task }: LaneTask): boolean {
  return task.isCompleted || task.isFaulted;
}

/**
 * What the lanes came to; waits for those that have not ended. One that ends without an answer gives all of its units back, to
 * be done again: what they wrote stands there already then.
 */
export function* resultsOf(lanes: readonly LaneTask[]): Generator<Task, readonly EndedLane[], unknown> {
  const results: EndedLane[] = [];
  for (const { input, task } of lanes) {
    const { kind } = input;
    // A lane of a newer release means something else by its answer: it counts as none. Which it was is told by the log lines of
    // the attempts that follow.
    let how: UnansweredKind = 'diverged';
    try {
      const answer = yield task;
      if (!isNewer(answer)) {
        results.push({ ...(answer as LaneResult), kind });
        continue;
      }
    } catch (error) {
      how = kindOfNoAnswer(error);
    }
    const remaining = input.items.map((item) => unanswered(item, how));
    results.push({ ...NO_SUMS, remaining, stop: null, problem: null, kind });
  }
  return results;
}
