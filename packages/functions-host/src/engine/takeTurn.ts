import type { Logger } from '../logger.ts';
import { type InstanceRow, isFinished, type WorkRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FunctionRegistry } from '../worker/functionRegistry.ts';
import type { Worker } from '../worker/worker.ts';
import { objectionTo } from './actions.ts';
import type { FinalAnswer, TurnAnswer } from './answer.ts';
import { type Batch, type Control, collectBatch } from './batch.ts';
import { EVENT, type HistoryEvent, makeEvent } from './events.ts';
import { createChild, endInstance, finishInstance } from './finish.ts';
import { hostTime } from './hostTime.ts';
import { replay } from './replay.ts';
import type { ReplayCache } from './replayCache.ts';
import { type Schedule, scheduleActions } from './schedule.ts';

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
const NO_SCHEDULE: Schedule = { events: [], work: [], children: [], cancelledPositions: new Set() };

const MAX_STATUS_BYTES = 16 * 1024;

/**
 * Takes one turn of an instance: runs the orchestrator over the waiting messages and stores everything that follows in one
 * transaction. Never two at once for the same instance. While it is suspended the orchestrator still sees what arrives, and
 * its custom status shows it; what it asks for waits.
 */
export async function takeTurn(ports: TurnPorts, instanceId: string): Promise<TurnResult> {
  const { store } = ports;
  const instance = store.instance(instanceId);
  if (instance === undefined || isFinished(instance.status)) return NOTHING;
  const batch = collectBatch(store, instance, ports.maxMessages);
  if (batch.arrivals.length === 0) {
    if (batch.usedMessages.length > 0) store.transaction(() => dropMessages(store, batch));
    return batch.hasMore ? { ...NOTHING, toWake: [instanceId] } : NOTHING;
  }
  const present = [makeEvent(EVENT.orchestratorStarted), ...batch.arrivals.map(({ event }) => event)];
  // An orchestrator that has given its final answer is not asked again: its open tasks only run out.
  const answer = instance.answer === null ? await think(ports, instance, present) : undefined;
  const carried =
    answer?.final?.kind === 'continueAsNew' ? await carriedFrom(ports, instance, batch, present) : undefined;
  return store.transaction(() => commitTurn(ports, instance, { ...batch, carried }, present, answer));
}

async function think(ports: TurnPorts, instance: InstanceRow, present: readonly HistoryEvent[]): Promise<TurnAnswer> {
  const { registry } = ports.worker;
  const target = registry.find(instance.name, 'orchestrationtrigger');
  const fail = (output: string): TurnAnswer => {
    return { leaves: [], customStatus: instance.customStatus, final: { kind: 'failed', output } };
  };
  if (target === undefined) return fail(missingFunction(registry, instance.name));
  const answer = await replay(ports.worker, target, instance, ports.cache.past(instance), present);
  const objection =
    statusObjection(answer.customStatus) ??
    objectionTo(answer.leaves, instance.seenActions, {
      hasActivity: (name) => registry.find(name, 'activitytrigger') !== undefined,
      hasOrchestrator: (name) => registry.find(name, 'orchestrationtrigger') !== undefined,
    });
  return objection === undefined ? answer : fail(objection);
}

/** The extension's own words. */
function missingFunction(registry: FunctionRegistry, name: string): string {
  const known = registry.all().filter(({ triggerType }) => triggerType === 'orchestrationtrigger');
  return `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function. Additional info: The following are the known orchestrator functions: ${known.map((one) => `'${one.name}'`).join(', ')}`;
}

/** The extension's own limit and words: a larger custom status fails the instance, whatever the orchestrator catches. */
function statusObjection(customStatus: string | null): string | undefined {
  const bytes = (customStatus ?? '').length * 2;
  if (bytes <= MAX_STATUS_BYTES) return undefined;
  return `The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload size is ${Math.floor(bytes / 1024)} KB.`;
}

/**
 * From which arrival on external events go to the next generation: those behind the one that led to continueAsNew. Found by
 * replaying ever more of the turn, as only the SDK knows which event that was. What stands before it is lost, used or not.
 */
async function carriedFrom(
  ports: TurnPorts,
  instance: InstanceRow,
  { arrivals }: Batch,
  present: readonly HistoryEvent[],
): Promise<number> {
  for (let count = 1; count < arrivals.length; count++) {
    if (arrivals[count]?.event.EventType !== EVENT.eventRaised) continue;
    const { final } = await think(ports, instance, present.slice(0, count + 1));
    if (final?.kind === 'continueAsNew') return count;
  }
  return arrivals.length;
}

function commitTurn(
  ports: TurnPorts,
  before: InstanceRow,
  batch: Batch & { readonly carried: number | undefined },
  present: readonly HistoryEvent[],
  answer: TurnAnswer | undefined,
): TurnResult {
  const { store, cache } = ports;
  // While the orchestrator ran, a request may have purged or replaced the instance.
  const instance = store.instance(before.id);
  if (instance === undefined || instance.executionId !== before.executionId || isFinished(instance.status))
    return NOTHING;

  const { control } = batch;
  const isHeld = control.isSuspended || control.isTerminated;
  dropMessages(store, batch, batch.carried);
  for (const taskId of batch.closedTasks) store.deleteWork(instance.id, instance.executionId, taskId);

  const retry = answer === undefined || answer.final !== undefined ? undefined : batch.retry;
  const schedule = isHeld ? NO_SCHEDULE : scheduleActions(instance, answer?.leaves ?? [], retry);
  if (schedule.cancelledPositions.size > 0) cancelTimers(store, instance, schedule.cancelledPositions);
  for (const work of schedule.work) store.insertWork(work);
  const toWake = new Set(schedule.children.map((child) => createChild(store, instance, child)));

  const events = [...present, ...schedule.events, makeEvent(EVENT.orchestratorCompleted)];
  const stored = events.map((event) => ({ event, text: JSON.stringify(event) }));
  for (const { event, text } of stored) {
    store.appendHistory(instance.id, instance.historyLength++, event.EventType, text);
  }

  instance.status = control.isSuspended ? 'Suspended' : 'Running';
  instance.output = control.reason ?? instance.output;
  instance.updated = hostTime();
  if (answer !== undefined) instance.customStatus = answer.customStatus;
  if (answer?.final !== undefined && !isHeld) instance.answer = JSON.stringify(answer.final);
  if (batch.hasMore) toWake.add(instance.id);
  const woken = finish(ports, instance, control);
  if (woken === undefined) {
    store.saveInstance(instance);
    cache.add(instance, stored);
  } else for (const id of woken) toWake.add(id);
  return {
    calls: schedule.work.filter((work) => work.kind === 'activity' || work.kind === 'http'),
    toWake: [...toWake],
    hasNewTimer: schedule.work.some((work) => work.fireAt !== null),
  };
}

/** Ends the generation where its time has come, and says which instances have a turn to take then; undefined if it goes on. */
function finish({ store, cache, log }: TurnPorts, instance: InstanceRow, control: Control): string[] | undefined {
  const isOver = instance.answer !== null && !control.isSuspended && !store.hasWork(instance.id);
  if (!control.isTerminated && !isOver) return undefined;
  const woken = control.isTerminated
    ? endInstance(store, instance, 'Terminated', control.reason)
    : finishInstance(store, instance, JSON.parse(instance.answer ?? '') as FinalAnswer);
  cache.drop(instance.id);
  if (instance.status === 'Failed') log.warn(`${instance.name} ${instance.id}: Failed`);
  else log.debug(`${instance.name} ${instance.id}: ${instance.status}`);
  return woken === undefined ? [] : [woken];
}

/** Forgets the messages of a turn; external events from arrival `carried` on stay for the next generation. */
function dropMessages(store: Store, { arrivals, usedMessages }: Batch, carried = arrivals.length): void {
  const kept = arrivals.slice(carried).filter(({ event }) => event.EventType === EVENT.eventRaised);
  const stays = new Set(kept.map(({ seq }) => seq));
  for (const seq of usedMessages) if (!stays.has(seq)) store.deleteInbox(seq);
}

function cancelTimers(store: Store, instance: InstanceRow, positions: ReadonlySet<number>): void {
  for (const timer of store.timers(instance.id)) {
    if (timer.position === null || !positions.has(timer.position)) continue;
    store.deleteWork(instance.id, instance.executionId, timer.taskId);
  }
}
