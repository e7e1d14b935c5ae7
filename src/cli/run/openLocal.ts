import { existsSync } from 'node:fs';
import { isFinal } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import type { App } from '../app/app.ts';
import { startLocalApp } from '../app/startLocalApp.ts';
import type { CommandContext } from '../commandContext.ts';
import type { RunPlace } from '../place/commandFor.ts';
import { lockPlace } from '../place/placeLock.ts';
import { readRecord, type StatePlace } from '../place/stateDirectory.ts';
import type { RunPlan } from '../plan/runPlan.ts';
import { conflictHint } from './conflictHint.ts';

/** Throws MigrationError('conflict') where a run in the place is not finished, as it would go on by itself beside what was asked for. */
async function requireNothingUnfinished(looking: App, place: RunPlace): Promise<void> {
  const runs = await looking.client.list();
  const unfinished = runs.find(({ status }) => !isFinal(status));
  if (unfinished === undefined) return;
  throw new MigrationError('conflict', `The migration ${unfinished.name} is not finished`, {
    hint: conflictHint(unfinished.name, place),
  });
}

/** Starts the host of a plan, after making sure that nothing unfinished goes on by accident. */
async function startInPlace(context: CommandContext, plan: RunPlan, place: StatePlace): Promise<App> {
  const { options, env, output, signal } = context;
  const record = await readRecord(place);
  const start = (resume: boolean): Promise<App> =>
    startLocalApp({
      place,
      settings: plan.settings,
      needsMongod: plan.needsMongod && resume,
      resume,
      env,
      output,
      isVerbose: options.isVerbose,
      signal,
    });
  const mayBeUnfinished =
    (record?.status === 'running' || record?.status === 'starting') && existsSync(place.stateFile);
  const isWanted = options.isResume && (record?.name ?? record?.id) === plan.body.name;
  if (mayBeUnfinished && !isWanted) {
    const looking = await start(false);
    try {
      await requireNothingUnfinished(looking, options);
    } finally {
      await looking.stop();
    }
  }
  return start(true);
}

/** The local host of a plan, in a place that is locked until it is stopped. Throws MigrationError('conflict') where something unfinished is there. */
export async function openLocal(context: CommandContext, plan: RunPlan, place: StatePlace): Promise<App> {
  const lock = await lockPlace(place, context.output, context.signal);
  try {
    const app = await startInPlace(context, plan, place);
    return { ...app, stop: () => app.stop().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}
