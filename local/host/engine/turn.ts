import type { Logger } from '../logger.ts';
import { type InstanceRow, isFinished, type WorkRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Worker } from '../worker/worker.ts';
import { objectionTo } from './actions.ts';
import type { FinalAnswer, TurnAnswer } from './answer.ts';
import { type Batch, collectBatch } from './batch.ts';
import { EVENT, type HistoryEvent, makeEvent } from './events.ts';
import { createChild, finishInstance } from './finish.ts';
import { replay } from './replay.ts';
import type { ReplayCache } from './replayCache.ts';
import { scheduleActions } from './schedule.ts';

/** What a turn needs of the host. */
export interface TurnPorts {
  readonly store: Store;
  readonly worker: Worker;
  readonly cache: ReplayCache;
  readonly log: Logger;
  /** Messages that one turn takes at most. */
  readonly maxMessages: number;
}

/** What the host has to do after a turn. */
export interface TurnResult {
  /** Activities and HTTP calls to run. */
  readonly calls: readonly WorkRow[];
  /** Instances (possibly the same one) that now have a turn to take. */
  readonly toWake: readonly string[];
  readonly hasNewTimer: boolean;
}

const NOTHING: TurnResult = { calls: [], toWake: [], hasNewTimer: false };

/**
 * Takes one turn of an instance: runs the orchestrator over the waiting messages and stores everything that follows in one
 * transaction. Never two at once for the same instance.
 */
export async function takeTurn(ports: TurnPorts, instanceId: string): Promise<TurnResult> {
  const { store } = ports;
  const instance = store.instance(instanceId);
  if (instance === undefined || isFinished(instance.status) || instance.status === 'Suspended') return NOTHING;
  const batch = collectBatch(store, instance, ports.maxMessages);
  if (batch.events.length === 0) {
    if (batch.usedMessages.length > 0) store.transaction(() => dropMessages(store, batch));
    return batch.hasMore ? { ...NOTHING, toWake: [instanceId] } : NOTHING;
  }
  const present = [makeEvent(EVENT.orchestratorStarted), ...batch.events];
  // An orchestrator that has given its final answer is not asked again: its open tasks only run out.
  const answer = instance.answer === null ? await think(ports, instance, present) : undefined;
  return store.transaction(() => commitTurn(ports, instance, batch, present, answer));
}

async function think(ports: TurnPorts, instance: InstanceRow, present: readonly HistoryEvent[]): Promise<TurnAnswer> {
  const { registry } = ports.worker;
  const target = registry.find(instance.name, 'orchestrationtrigger');
  const fail = (output: string): TurnAnswer => ({ leaves: [], customStatus: null, final: { kind: 'failed', output } });
  if (target === undefined) {
    return fail(`The function '${instance.name}' doesn't exist, is disabled, or is not an orchestrator function`);
  }
  const answer = await replay(ports.worker, target, instance, ports.cache.past(instance), present);
  const objection = objectionTo(answer.leaves, instance.seenActions, {
    hasActivity: (name) => registry.find(name, 'activitytrigger') !== undefined,
    hasOrchestrator: (name) => registry.find(name, 'orchestrationtrigger') !== undefined,
  });
  return objection === undefined ? answer : fail(objection);
}

function commitTurn(
  ports: TurnPorts,
  before: InstanceRow,
  batch: Batch,
  present: readonly HistoryEvent[],
  answer: TurnAnswer | undefined,
): TurnResult {
  const { store, cache } = ports;
  // While the orchestrator ran, a request may have terminated, purged or suspended the instance.
  const instance = store.instance(before.id);
  if (instance === undefined || instance.executionId !== before.executionId || isFinished(instance.status))
    return NOTHING;

  dropMessages(store, batch);
  for (const taskId of batch.closedTasks) store.deleteWork(instance.id, instance.executionId, taskId);

  const retry = answer === undefined || answer.final !== undefined ? undefined : batch.retry;
  const schedule = scheduleActions(instance, answer?.leaves ?? [], retry);
  if (schedule.cancelledPositions.size > 0) cancelTimers(store, instance, schedule.cancelledPositions);
  for (const work of schedule.work) store.insertWork(work);
  const toWake = new Set(schedule.children.map((child) => createChild(store, instance, child)));

  const events = [...present, ...schedule.events, makeEvent(EVENT.orchestratorCompleted)];
  const stored = events.map((event) => ({ event, text: JSON.stringify(event) }));
  for (const { event, text } of stored) {
    store.appendHistory(instance.id, instance.historyLength++, event.EventType, text);
  }

  if (instance.status === 'Pending') instance.status = 'Running';
  instance.updated = Date.now();
  if (answer !== undefined) instance.customStatus = answer.customStatus;
  if (answer?.final !== undefined) instance.answer = JSON.stringify(answer.final);
  if (batch.hasMore) toWake.add(instance.id);
  if (instance.answer !== null && !store.hasWork(instance.id)) {
    const woken = finishInstance(store, instance, JSON.parse(instance.answer) as FinalAnswer);
    if (woken !== undefined) toWake.add(woken);
    cache.drop(instance.id);
    if (instance.status === 'Failed') ports.log.warn(`${instance.name} ${instance.id}: Failed`);
    else ports.log.debug(`${instance.name} ${instance.id}: ${instance.status}`);
  } else {
    store.saveInstance(instance);
    cache.add(instance, stored);
  }
  return {
    calls: schedule.work.filter((work) => work.kind === 'activity' || work.kind === 'http'),
    toWake: [...toWake],
    hasNewTimer: schedule.work.some((work) => work.fireAt !== null),
  };
}

function dropMessages(store: Store, batch: Batch): void {
  for (const seq of batch.usedMessages) store.deleteInbox(seq);
}

function cancelTimers(store: Store, instance: InstanceRow, positions: ReadonlySet<number>): void {
  for (const timer of store.timers(instance.id)) {
    if (timer.position === null || !positions.has(timer.position)) continue;
    store.deleteWork(instance.id, instance.executionId, timer.taskId);
  }
}
