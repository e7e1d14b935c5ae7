import type { InstanceRow } from '../store/rows.ts';
import type { RegisteredFunction } from '../worker/functionRegistry.ts';
import { wellFormedJson } from '../worker/typedData.ts';
import type { Worker } from '../worker/worker.ts';
import { readReturned, readThrown, type TurnAnswer } from './answer.ts';
import type { HistoryEvent } from './events.ts';

/**
 * Runs the orchestrator function over its past and this turn's events. `past` holds JSON texts, `present` this turn's
 * events in order, the first of them being OrchestratorStarted.
 */
export async function replay(
  worker: Worker,
  target: RegisteredFunction,
  instance: InstanceRow,
  past: readonly string[],
  present: readonly HistoryEvent[],
): Promise<TurnAnswer> {
  const history = [...past, ...present.map((event) => JSON.stringify({ ...event, IsPlayed: false }))];
  const fields = {
    instanceId: instance.id,
    isReplaying: past.length > 0,
    parentInstanceId: instance.parentId,
    upperSchemaVersion: 1,
    // Replay schema V4, as the extension offers it: compound tasks keep their nesting, and timers their isCanceled flag.
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    // So long that no timer is ever split into a chain of shorter ones, which would take task ids of their own.
    maximumShortTimerDuration: '36500.00:00:00',
    // Spelt so in the SDK.
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  const rest = JSON.stringify(fields).slice(1);
  const json = `{"history":[${history.join(',')}],"input":${wellFormedJson(instance.input ?? 'null')},${rest}`;
  try {
    const { result } = await worker.invoke(target, {
      inputData: [{ name: target.triggerName, data: { json } }],
      triggerMetadata: { instanceId: { string: instance.id } },
    });
    return readReturned(result);
  } catch (error) {
    return readThrown(error);
  }
}
