import type { OrchestrationHandler, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import { type LaneResult, readLane, type WorkItem } from '../contract/lane.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { UnitMessage, UnitResult } from '../contract/unit.ts';
import { addSums, NO_SUMS } from '../contract/workSums.ts';
import { callStep } from './callStep.ts';
import { lose, MAX_LOSSES } from './loss.ts';
import { backoffMs, wait } from './wait.ts';

/**
 * One lane of a window: does its units one after the other, at least one, until the window's time is over. What failed for a
 * passing reason is tried again as long as something was done within the stall time, also beyond that time; what was stopped,
 * was not come to, or ended without an answer goes back to the migration.
 */
export const runLane: OrchestrationHandler = function* (context): Generator<Task, LaneResult, unknown> {
  const input = readLane(context.df.getInput());
  const { id, plan, request, stallMinutes, writer, notBefore, kind, until = Infinity } = input;
  const stallMs = stallMinutes * 60_000;
  const queue: WorkItem[] = [...input.items];
  let sums = NO_SUMS;
  let progressAt = context.df.currentUtcDateTime.getTime();
  let failedInARow = 0;
  let unexplained = 0;
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    const failed = [...input.skip, ...sums.failures.map(({ table }) => table)];
    const { unit: number, only } = item;
    const unit: UnitMessage = {
      id,
      plan,
      ...(request === undefined ? {} : { request }),
      writer,
      notBefore,
      unit: number,
      only,
      ...(item.cut === undefined ? {} : { cut: item.cut }),
      skip: failed,
      since: input.since,
      whole: input.whole ?? [],
      ...(item.lost === undefined ? {} : { lost: item.lost, isGivenUp: item.lost.times >= MAX_LOSSES }),
    };
    const name = kind === 'copy' ? ACTIVITIES.copyUnit : ACTIVITIES.validateUnit;
    const answer = yield* callStep<UnitResult>(context, name, unit, stallMinutes, 1);
    if ('problem' in answer) {
      const { problem, lost: how } = answer;
      if (how === undefined)
        return { version: MESSAGE_VERSION, ...sums, remaining: [item, ...queue], stop: null, problem };
      // Which unit it was that took its process along, the migration finds out with fewer at once.
      return { version: MESSAGE_VERSION, ...sums, remaining: [lose(item, how), ...queue], stop: null, problem: null };
    }
    const result = answer.value;
    sums = addSums(sums, result);
    const now = context.df.currentUtcDateTime.getTime();
    if (Object.keys(result.tables).length > 0) progressAt = now;
    if (result.remaining.length === 0) {
      failedInARow = 0;
      if (now < until) continue;
      return { version: MESSAGE_VERSION, ...sums, remaining: queue, stop: null, problem: null };
    }
    const { cut: _before, ...unitItem } = item;
    const rest: WorkItem = {
      ...unitItem,
      only: result.remaining,
      ...(result.cut === undefined ? {} : { cut: result.cut }),
    };
    if (result.fatal !== null)
      return { version: MESSAGE_VERSION, ...sums, remaining: [rest, ...queue], stop: null, problem: result.fatal };
    if (result.stop === 'cancel' || result.stop === 'suspend') {
      return { version: MESSAGE_VERSION, ...sums, remaining: [rest, ...queue], stop: result.stop, problem: null };
    }
    queue.unshift(rest);
    // Its time was up, and it goes on where it was.
    if (result.stop === 'time') continue;
    failedInARow++;
    if (result.transient?.kind === 'internal') unexplained++;
    if (result.transient !== null && (now - progressAt > stallMs || unexplained >= 3)) {
      return { version: MESSAGE_VERSION, ...sums, remaining: queue, stop: null, problem: result.transient };
    }
    yield* wait(context, backoffMs(failedInARow));
  }
  return { version: MESSAGE_VERSION, ...sums, remaining: [], stop: null, problem: null };
};
