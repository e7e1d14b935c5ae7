import type { OrchestrationHandler, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import { type LaneResult, readLane, type WorkItem } from '../contract/lane.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { UnitMessage, UnitResult } from '../contract/unit.ts';
import { addSums, NO_SUMS } from '../contract/workSums.ts';
import { buildLane } from './buildLane.ts';
import { callStep, MAX_UNEXPLAINED } from './callStep.ts';
import { hasMoved, standsStill } from './standsStill.ts';
import { now } from './state.ts';
import { MAX_UNANSWERED, unanswered } from './unanswered.ts';
import { backoffMs, wait } from './wait.ts';

/**
 * One lane of a window: does its units one after the other, at least one, until the window's time is over. What failed for a
 * passing reason is tried again as long as something was done within the stall time, also beyond that time; what was stopped,
 * was not come to, or ended without an answer goes back to the migration.
 */
export const runLane: OrchestrationHandler = function* (context): Generator<Task, LaneResult, unknown> {
  const input = readLane(context.df.getInput());
  const { id, planStamp, request, stallMinutes, writer, notBefore, kind, until = Infinity } = input;
  const stallMs = stallMinutes * 60_000;
  if (kind === 'indexes') return yield* buildLane(context, input);
  const queue: WorkItem[] = [...input.items];
  let sums = NO_SUMS;
  let progressAt = context.df.currentUtcDateTime.getTime();
  let failedInARow = 0;
  let unexplained = 0;
  const end = (remaining: readonly WorkItem[], why: Partial<LaneResult> = {}): LaneResult => {
    return { version: MESSAGE_VERSION, ...sums, remaining, stop: null, problem: null, endedAt: now(context), ...why };
  };
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    const failed = [...input.skip, ...sums.failures.map(({ table }) => table)];
    const { unit: number, only } = item;
    const unit: UnitMessage = {
      id,
      planStamp,
      ...(request === undefined ? {} : { request }),
      writer,
      notBefore,
      unit: number,
      only,
      ...(item.cut === undefined ? {} : { cut: item.cut }),
      skip: failed,
      since: input.since,
      ...(input.pass === undefined ? {} : { pass: input.pass }),
      whole: input.whole ?? [],
      ...(input.checksums === undefined ? {} : { checksums: input.checksums }),
      ...(item.lost === undefined ? {} : { lost: item.lost, isGivenUp: item.lost.times >= MAX_UNANSWERED }),
    };
    const beganAt = context.df.currentUtcDateTime.getTime();
    const name = kind === 'copy' ? ACTIVITIES.copyUnit : ACTIVITIES.validateUnit;
    const answer = yield* callStep<UnitResult>(context, name, unit, stallMinutes, 1);
    if ('problem' in answer) {
      const { problem, lost: how } = answer;
      if (how === undefined) return end([item, ...queue], { problem });
      // Which unit it was that took its process along, the migration finds out with fewer at once.
      return end([unanswered(item, how), ...queue]);
    }
    const result = answer.value;
    sums = addSums(sums, result);
    const nowMs = context.df.currentUtcDateTime.getTime();
    if (Object.keys(result.tables).length > 0) progressAt = nowMs;
    if (result.remaining.length === 0) {
      failedInARow = 0;
      if (nowMs < until) continue;
      return end(queue);
    }
    const { cut: _before, idleSince = beganAt, ...unitItem } = item;
    const rest: WorkItem = {
      ...unitItem,
      only: result.remaining,
      ...(result.cut === undefined ? {} : { cut: result.cut }),
    };
    if (result.fatal !== null) return end([rest, ...queue], { problem: result.fatal });
    if (result.stop === 'cancel' || result.stop === 'suspend') return end([rest, ...queue], { stop: result.stop });
    // The time of its activity was up, and it goes on where it was. Attempts that come no further may be of several windows.
    if (result.stop === 'time') {
      const isIdle = !hasMoved(item, result);
      if (isIdle && nowMs - idleSince > stallMs) return end([rest, ...queue], { problem: standsStill(stallMinutes) });
      queue.unshift(isIdle ? { ...rest, idleSince } : rest);
      if (nowMs < until) continue;
      return end(queue);
    }
    queue.unshift(rest);
    failedInARow++;
    if (result.transient?.kind === 'internal') unexplained++;
    if (result.transient !== null && (nowMs - progressAt > stallMs || unexplained >= MAX_UNEXPLAINED)) {
      return end(queue, { problem: result.transient });
    }
    yield* wait(context, backoffMs(failedInARow));
  }
  return end([]);
};
