import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { ControlAction } from '../../contract/controlAction.ts';
import type { MigrationOutcome, MigrationReport } from '../../contract/migrationReport.ts';
import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { shellOption } from '../../quoteShell.ts';
import { heldText } from '../../report/followText.ts';
import { isWorthRetrying } from '../app/apiClient.ts';
import type { App } from '../app/app.ts';
import { connectApp, findPlace, type OpenedApp, openApp } from '../app/openApp.ts';
import { type LocalAppOptions, startLocalApp } from '../app/startLocalApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { fenceLines, followingLines, quietLines } from '../display/cutoverText.ts';
import { commandFor } from '../place/commandFor.ts';
import { joinPlace } from '../place/placeLock.ts';
import { readRecord, type StatePlace, type StateRecord, writeRecord } from '../place/stateDirectory.ts';
import { planRun } from '../plan/planRun.ts';
import { readConfig } from '../plan/readConfig.ts';
import type { RunPlan } from '../plan/runPlan.ts';
import { requireRun } from '../run/findRun.ts';

const isReached: Readonly<Record<ControlAction, (status: MigrationStatus['status']) => boolean>> = {
  cancel: isFinal,
  suspend: (status) => status === 'suspended' || isFinal(status),
  resume: (status) => !['suspending', 'suspended', 'resuming'].includes(status),
  cutover: isFinal,
};

const OUTCOMES: readonly MigrationOutcome[] = ['completed', 'completed-with-errors', 'failed', 'cancelled'];

/** Cancel, suspend and resume take effect within seconds. */
const PATIENCE_MS = 30_000;
/** A dead migration may have throughput to set back and documents to count before it has ended; a cut-over has its last passes and checks. */
const LONG_PATIENCE_MS = 10 * 60_000;
const INTERVAL_MS = 300;

/** Connections as options, file and environment give them, for what the end of a migration still does; null where they name no source. */
async function planConnections({ options, env }: CommandContext): Promise<RunPlan | null> {
  const config = await readConfig(options.configFile);
  try {
    return planRun({ ...options, command: 'migrate', name: null }, config, env);
  } catch (error) {
    if (error instanceof MigrationError && error.kind === 'usage') return null;
    throw error;
  }
}

/** What is left to do with a run that has ended, by how. */
function afterEnd({ name, status }: MigrationStatus, place: StatePlace): string {
  const report = commandFor('report', name, { url: null, stateDirectory: place.stateDirectory });
  return status === 'completed' || status === 'completed-with-errors'
    ? `Look at its report with ${report}`
    : `Its report: ${report}. To start it again, which copies what is missing: the command as before, with ${shellOption('name', place.name)}`;
}

/** The run that a host finds which only looks. Throws MigrationError('conflict') where it has ended: nothing can be told to it any more. */
async function requireUnended({ client }: App, wanted: readonly string[], place: StatePlace): Promise<string> {
  const run = await requireRun(client, wanted);
  if (!isFinal(run.status)) return run.id;
  throw new MigrationError('conflict', `${run.name} has ended already: it is ${run.status}`, {
    hint: afterEnd(run, place),
  });
}

/** How a host starts that does nothing but look at what is in the place. */
function lookingOptions({ options, env, output, signal }: CommandContext, place: StatePlace): LocalAppOptions {
  return {
    place,
    settings: {},
    env,
    output,
    isVerbose: options.isVerbose,
    signal,
    needsMongod: false,
    resume: false,
  };
}

function wantedOf({ options }: CommandContext, record: StateRecord | null): string[] {
  return [options.name, record?.id].filter((name) => name !== null && name !== undefined);
}

/**
 * The app for ending a migration whose process is dead. The word is written while nothing runs, by a host that only looks:
 * so nothing goes on before it hears it.
 */
async function openToCancel(context: CommandContext, place: StatePlace): Promise<OpenedApp> {
  const record = await readRecord(place);
  const hasOwnTarget = record?.hasOwnTarget === true;
  const wanted = wantedOf(context, record);
  const common = lookingOptions(context, place);
  const looking = await startLocalApp(common);
  let plan: RunPlan | null;
  try {
    const id = await requireUnended(looking, wanted, place);
    plan = await planConnections(context);
    if (plan === null || (plan.needsMongod && !hasOwnTarget)) {
      const kept = `what ${place.name} has claimed in its target stays claimed, and keeps other migrations out of it`;
      context.output.note(
        `No connections are given: ${kept} until --resume ${shellOption('name', place.name)} has ended`,
      );
    }
    await looking.client.control(id, 'cancel');
  } finally {
    await looking.stop();
  }
  const settings = plan?.settings ?? {};
  const app = await startLocalApp({ ...common, settings, needsMongod: hasOwnTarget, resume: true });
  return { app, wanted, place };
}

/** Nothing that is not running can be suspended or let go on: what can be done in its place, the hint says. */
async function refuseIdle(context: CommandContext, place: StatePlace): Promise<never> {
  const looking = await startLocalApp(lookingOptions(context, place));
  try {
    await requireUnended(looking, wantedOf(context, await readRecord(place)), place);
  } finally {
    await looking.stop();
  }
  throw new MigrationError('conflict', `${place.name} is not running`, {
    hint: `Go on with it by calling the command as before, with --resume ${shellOption('name', place.name)}`,
  });
}

interface Opened extends OpenedApp {
  /** Has the word been given already, while nothing ran? */
  readonly isAsked: boolean;
}

/** The app that carries out the action: where nothing of a local migration runs, only its end can be brought about. */
async function openToControl(context: CommandContext, action: ControlAction): Promise<Opened> {
  if (context.options.url !== null) return { ...(await openApp(context)), isAsked: false };
  const place = await findPlace(context);
  const { lock, live } = await joinPlace(place, 'work', context.output, context.signal);
  if (live !== null) {
    const wanted = wantedOf(context, await readRecord(place));
    return { app: connectApp(live.url, live.key, context.signal), wanted, place, isAsked: false };
  }
  try {
    if (action !== 'cancel') return await refuseIdle(context, place);
    const opened = await openToCancel(context, place);
    const stop = (): Promise<void> => opened.app.stop().finally(() => lock.release());
    return { ...opened, app: { ...opened.app, stop }, isAsked: true };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Asks for the action, and for the status until it has taken effect. */
async function bringAbout(
  { client }: App,
  id: string,
  action: ControlAction,
  isAsked: boolean,
  { output, signal }: CommandContext,
): Promise<MigrationStatus['status']> {
  // Told only once the word is taken: to a migration that has ended, or ends by itself, writes would be stopped for nothing.
  const fence = action === 'cutover' ? fenceLines(await client.status(id)) : [];
  try {
    await client.control(id, action);
    for (const line of fence) output.note(line);
  } catch (error) {
    // The word of before may have been heard, and the end reached, before this one came.
    if (!isAsked || !(error instanceof MigrationError) || error.kind !== 'conflict') throw error;
  }
  let { status, follow } = await client.status(id);
  let told = '';
  const until = performance.now() + (isAsked || action === 'cutover' ? LONG_PATIENCE_MS : PATIENCE_MS);
  while (!isReached[action](status) && performance.now() < until) {
    await wait(INTERVAL_MS, undefined, { signal });
    ({ status, follow } = await client.status(id));
    const held = action === 'cutover' && follow?.held ? heldText(follow.held) : '';
    if (held !== '' && held !== told) output.note(held);
    told = held;
  }
  return status;
}

/**
 * How the run ended, by what the call that ran it wrote down: its host goes with it, perhaps before it answered us. Null
 * where there is no such end, and silence is a failure.
 */
async function endOf(place: StatePlace | null, id: string): Promise<MigrationStatus['status'] | null> {
  const record = place === null ? null : await readRecord(place);
  return OUTCOMES.find((outcome) => record?.id === id && record.status === outcome) ?? null;
}

/**
 * The report of a run that has ended: the app's or, where a host has gone with its run, the file that it has left. Null where
 * neither is to be had.
 */
async function reportOfEnd({ client }: App, place: StatePlace | null, id: string): Promise<MigrationReport | null> {
  try {
    return JSON.parse(await client.report(id, 'json')) as MigrationReport;
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
  }
  const record = place === null ? null : await readRecord(place);
  if (record === null || record.id !== id || record.reports === null) return null;
  try {
    return JSON.parse(await readFile(record.reports.json, 'utf8')) as MigrationReport;
  } catch {
    // Somebody has moved the file away; where it was cut over is known all the same.
    return null;
  }
}

/** Says what a cut-over has proven and what follows it; only one whose run came to its end whole is one. Returns the exit code. */
async function showCutover(
  { options, output }: CommandContext,
  app: App,
  place: StatePlace | null,
  run: MigrationStatus,
): Promise<number> {
  if (run.status !== 'completed') {
    output.error(`It was not cut over: its report says why, ${commandFor('report', run.name, options)}`);
    return 1;
  }
  const report = await reportOfEnd(app, place, run.id);
  for (const line of [...quietLines(report), ...followingLines(run)]) output.note(line);
  return 0;
}

/** `mlflow-migrate cancel`, `suspend`, `resume` and `cutover`. Prints the status that follows; returns the exit code. */
export async function runControl(context: CommandContext, action: ControlAction): Promise<number> {
  const { options, output, facts } = context;
  const { app, wanted, place, isAsked } = await openToControl(context, action);
  try {
    const run = await requireRun(app.client, wanted);
    const { id, name } = run;
    facts.id = id;
    let status: MigrationStatus['status'];
    try {
      status = await bringAbout(app, id, action, isAsked, context);
    } catch (error) {
      const ended = isWorthRetrying(error) ? await endOf(place, id) : null;
      if (ended === null) throw error;
      status = ended;
    }
    const record = place === null ? null : await readRecord(place);
    if (place !== null && record !== null && isFinal(status)) await writeRecord(place, { ...record, status });
    const result = { id, name, status };
    await output.result(options.isJson ? `${JSON.stringify(result, null, 2)}\n` : `${name} is ${status}\n`);
    if (action === 'cutover' && isFinal(status)) return await showCutover(context, app, place, { ...run, status });
    if (isReached[action](status)) return 0;
    output.error(`It has not taken effect yet: look at it with ${commandFor('status', name, options)}`);
    return 1;
  } finally {
    await app.stop();
  }
}
