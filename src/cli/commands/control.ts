import { setTimeout as wait } from 'node:timers/promises';
import { MigrationError } from '../../errors.ts';
import type { MigrationOutcome } from '../../report/model.ts';
import type { MigrationStatus } from '../../report/status.ts';
import { isWorthRetrying } from '../apiClient.ts';
import type { App } from '../app.ts';
import type { CommandContext } from '../context.ts';
import { requireRun } from '../findRun.ts';
import { isFinal } from '../follow.ts';
import { findPlace, openApp } from '../openApp.ts';
import { findOtherHost } from '../otherHost.ts';
import { readRecord, type StatePlace, writeRecord } from '../stateDirectory.ts';

export type ControlAction = 'cancel' | 'suspend' | 'resume';

const isReached: Readonly<Record<ControlAction, (status: MigrationStatus['status']) => boolean>> = {
  cancel: isFinal,
  suspend: (status) => status === 'suspended' || isFinal(status),
  resume: (status) => status !== 'suspended',
};

const OUTCOMES: readonly MigrationOutcome[] = ['completed', 'completed-with-errors', 'failed', 'cancelled'];

/** Cancel, suspend and resume take effect within seconds (issue of the same promise: at most five). */
const PATIENCE_MS = 30_000;
const INTERVAL_MS = 300;

/** Nothing of a local migration runs between two calls of the command, so only its end can be brought about then. */
const requireSomethingToDo = async (context: CommandContext, action: ControlAction): Promise<void> => {
  if (context.options.url !== null || action === 'cancel') return;
  const place = await findPlace(context);
  if ((await findOtherHost(place, context.output)) !== null) return;
  throw new MigrationError('conflict', `${place.name} is not running`, {
    hint: `Go on with it by calling the command as before, with --resume --name ${place.name}`,
  });
};

/** Asks for the action, and for the status until it has taken effect. */
const bringAbout = async (
  { client }: App,
  id: string,
  action: ControlAction,
  signal: AbortSignal,
): Promise<MigrationStatus['status']> => {
  await client.control(id, action);
  let { status } = await client.status(id);
  const until = performance.now() + PATIENCE_MS;
  while (!isReached[action](status) && performance.now() < until) {
    await wait(INTERVAL_MS, undefined, { signal });
    ({ status } = await client.status(id));
  }
  return status;
};

/**
 * How the run ended, by what the call that ran it wrote down: its host goes with it, perhaps before it answered us. Null
 * where there is no such end, and silence is a failure.
 */
const endOf = async (place: StatePlace | null, id: string): Promise<MigrationStatus['status'] | null> => {
  const record = place === null ? null : await readRecord(place);
  return OUTCOMES.find((outcome) => record?.id === id && record.status === outcome) ?? null;
};

/** `mlflow-migrate cancel`, `suspend` and `resume`. Prints the status that follows; returns the exit code. */
export const runControl = async (context: CommandContext, action: ControlAction): Promise<number> => {
  const { options, output, signal, facts } = context;
  await requireSomethingToDo(context, action);
  const { app, wanted, place } = await openApp(context, true);
  try {
    const { id, name } = await requireRun(app.client, wanted);
    facts.id = id;
    let status: MigrationStatus['status'];
    try {
      status = await bringAbout(app, id, action, signal);
    } catch (error) {
      const ended = isWorthRetrying(error) ? await endOf(place, id) : null;
      if (ended === null) throw error;
      status = ended;
    }
    const record = place === null ? null : await readRecord(place);
    if (place !== null && record !== null && isFinal(status)) await writeRecord(place, { ...record, status });
    const result = { id, name, status };
    await output.result(options.isJson ? `${JSON.stringify(result, null, 2)}\n` : `${name} is ${status}\n`);
    return 0;
  } finally {
    await app.stop();
  }
};
