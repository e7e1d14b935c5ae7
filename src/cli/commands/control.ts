import { setTimeout as wait } from 'node:timers/promises';
import { MigrationError } from '../../errors.ts';
import type { MigrationStatus } from '../../report/status.ts';
import type { CommandContext } from '../context.ts';
import { requireRun } from '../findRun.ts';
import { isFinal } from '../follow.ts';
import { findPlace, openApp } from '../openApp.ts';
import { findOtherHost } from '../otherHost.ts';
import { readRecord, writeRecord } from '../stateDirectory.ts';

export type ControlAction = 'cancel' | 'suspend' | 'resume';

const isReached: Readonly<Record<ControlAction, (status: MigrationStatus['status']) => boolean>> = {
  cancel: isFinal,
  suspend: (status) => status === 'suspended' || isFinal(status),
  resume: (status) => status !== 'suspended',
};

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

/** `mlflow-migrate cancel`, `suspend` and `resume`. Prints the status that follows; returns the exit code. */
export const runControl = async (context: CommandContext, action: ControlAction): Promise<number> => {
  const { options, output, signal, facts } = context;
  await requireSomethingToDo(context, action);
  const { app, wanted, place } = await openApp(context, true);
  try {
    const { id, name } = await requireRun(app.client, wanted);
    facts.id = id;
    await app.client.control(id, action);
    let status = await app.client.status(id);
    const until = performance.now() + PATIENCE_MS;
    while (!isReached[action](status.status) && performance.now() < until) {
      await wait(INTERVAL_MS, undefined, { signal });
      status = await app.client.status(id);
    }
    const record = place === null ? null : await readRecord(place);
    if (place !== null && record !== null && isFinal(status.status)) {
      await writeRecord(place, { ...record, status: status.status });
    }
    const result = { id, name, status: status.status };
    await output.result(options.isJson ? `${JSON.stringify(result, null, 2)}\n` : `${name} is ${status.status}\n`);
    return 0;
  } finally {
    await app.stop();
  }
};
