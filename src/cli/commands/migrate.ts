import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_POLICY, MigrationError, type Problem } from '../../errors.ts';
import type { MigrationReport } from '../../report/model.ts';
import type { MigrationStatus } from '../../report/status.ts';
import { isWorthRetrying } from '../apiClient.ts';
import type { App } from '../app.ts';
import { ask } from '../ask.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOfProblems, exitCodeOfReport } from '../exitCode.ts';
import { failureDocument } from '../failureDocument.ts';
import { findRun } from '../findRun.ts';
import { follow, isFinal } from '../follow.ts';
import { startLocalApp } from '../localApp.ts';
import { connectApp } from '../openApp.ts';
import { findOtherHost } from '../otherHost.ts';
import { planRun, type RunPlan } from '../planRun.ts';
import { createProgress } from '../progress.ts';
import { readConfig } from '../readConfig.ts';
import { readKey } from '../readKey.ts';
import { type SavedReport, saveReports } from '../saveReports.ts';
import { placeOf, readRecord, type StatePlace, writeRecord } from '../stateDirectory.ts';

const LOCAL_INTERVAL_MS = 300;
const REMOTE_INTERVAL_MS = 1_500;
/** A local host that is silent for longer has a fault; a deployed app may be scaled in or restarted in between. */
const LOCAL_PATIENCE_MS = 60_000;
const REMOTE_PATIENCE_MS = 10 * 60_000;

const requireConfirmation = async ({ options, output, signal }: CommandContext, plan: RunPlan): Promise<void> => {
  if (!options.isDropTarget || options.isYes || plan.mode !== 'migrate') return;
  if (!output.canAsk) {
    throw new MigrationError('usage', '--drop-target asks first, and there is no terminal to ask on', {
      hint: 'Add --yes to empty the collections without being asked',
    });
  }
  if (await ask(`Empty the collections of this migration in ${plan.target}?`, output, signal)) return;
  throw new MigrationError('usage', 'Nothing was done: --drop-target was not confirmed', { hint: '' });
};

const conflictHint = (plan: RunPlan): string =>
  `Go on with it: --resume; end it: mlflow-migrate cancel${plan.baseName === null ? '' : ` --name ${plan.baseName}`}; or choose another --name`;

/** Starts the local host of a plan, after making sure that nothing unfinished goes on by accident. */
const openLocal = async (context: CommandContext, plan: RunPlan, place: StatePlace): Promise<App> => {
  const { options, env, output, signal } = context;
  const live = await findOtherHost(place, output);
  if (live !== null) {
    throw new MigrationError('conflict', `Another mlflow-migrate (process ${live.ownerPid}) works on ${place.name}`, {
      hint: `Look at it with mlflow-migrate status --name ${place.name}, or wait for its end`,
    });
  }
  const record = await readRecord(place);
  const isOther = record !== null && (record.source !== plan.source || record.target !== plan.target);
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
  const mayBeUnfinished = record?.status === 'running' && existsSync(place.stateFile);
  if (options.isResume && isOther && mayBeUnfinished) {
    throw new MigrationError('usage', `${place.name} is a migration from ${record.source} to ${record.target}`, {
      hint: 'Resume it with the same source and target, or choose another --name',
    });
  }
  if (!options.isResume && mayBeUnfinished) {
    const looking = await start(false);
    try {
      const unfinished = await findRun(looking.client, record.id);
      if (unfinished !== null && !isFinal(unfinished.status)) {
        throw new MigrationError('conflict', `The migration ${unfinished.name} is not finished`, {
          hint: conflictHint(plan),
        });
      }
    } finally {
      await looking.stop();
    }
  }
  return start(true);
};

/** Starts a run, or with `--resume` attaches to the one that is there. Returns its id. */
const beginRun = async (context: CommandContext, plan: RunPlan, app: App, wasSeenToEnd: boolean): Promise<string> => {
  const { options, output } = context;
  const start = async (): Promise<string> => {
    const { id } = await app.client.start(plan.mode === 'analyse' ? 'analyses' : 'migrations', plan.body);
    return id;
  };
  if (!options.isResume) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof MigrationError) || error.kind !== 'conflict') throw error;
      throw new MigrationError('conflict', error.message, { hint: conflictHint(plan), cause: error });
    }
  }
  const found = await findRun(app.client, plan.body.name ?? null);
  if (found === null) {
    output.note('There is no migration of that name to resume: starting it');
    return start();
  }
  context.facts.id = found.id;
  if (!isFinal(found.status)) {
    output.note(`Resuming ${found.name}`);
    if (found.status === 'suspended') await app.client.control(found.id, 'resume');
    return found.id;
  }
  const isDone = found.status === 'completed' || found.status === 'completed-with-errors';
  // It came to its end after its command was gone: what is left is to show the report.
  if (isDone && !wasSeenToEnd) {
    output.note(`${found.name} had come to its end: here is its report`);
    return found.id;
  }
  output.note(`The last run of ${found.name} is ${found.status}: starting it again, which copies only what is missing`);
  return start();
};

const followRun = async ({ output, signal }: CommandContext, app: App, id: string): Promise<MigrationStatus> => {
  const progress = createProgress(output);
  try {
    const end = follow({
      client: app.client,
      id,
      intervalMs: app.isLocal ? LOCAL_INTERVAL_MS : REMOTE_INTERVAL_MS,
      patienceMs: app.isLocal ? LOCAL_PATIENCE_MS : REMOTE_PATIENCE_MS,
      signal,
      onStatus: progress.show,
      onContact: (isInContact) =>
        output.note(isInContact ? 'The app answers again' : 'The app does not answer: trying again'),
    });
    return await Promise.race([end, app.failed]);
  } finally {
    progress.stop();
  }
};

/** Runs of one name share an id, so a run that was cut short may find the report of the one before it. */
const isReportOf =
  ({ status }: MigrationStatus) =>
  (report: MigrationReport): boolean =>
    status.startsWith('completed') === report.status.startsWith('completed');

const fetchReport = async (
  context: CommandContext,
  app: App,
  status: MigrationStatus,
  directory: string,
): Promise<SavedReport | null> => {
  const attempts = 5;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await saveReports(app.client, status.id, directory, isReportOf(status));
    } catch (error) {
      const hasNone = error instanceof MigrationError && error.kind === 'not-found';
      if (hasNone && status.status !== 'completed' && status.status !== 'completed-with-errors') return null;
      if (!isWorthRetrying(error) || attempt === attempts) throw error;
      context.signal.throwIfAborted();
    }
  }
};

const showProblems = ({ output }: CommandContext, problems: readonly Problem[]): void => {
  for (const { message, hint } of problems) {
    output.error(`${output.style('red', 'Error:')} ${message}`);
    if (hint !== '') output.error(`  ${hint}`);
  }
};

const isNotEmpty = (status: MigrationStatus): boolean =>
  status.status === 'failed' &&
  status.failures.length > 0 &&
  status.failures.every(({ kind }) => kind === 'target-not-empty');

/** Prints the result of a run that has ended, and returns the exit code. */
const showResult = async (
  context: CommandContext,
  status: MigrationStatus,
  saved: SavedReport | null,
): Promise<number> => {
  const { options, output, facts } = context;
  if (saved === null) {
    const problems =
      status.failures.length > 0 || status.status !== 'failed'
        ? status.failures
        : [
            {
              kind: 'internal' as const,
              message: 'The run failed without saying why',
              hint: ERROR_POLICY.internal.hint,
            },
          ];
    showProblems(context, problems);
    const outcome = status.status === 'cancelled' ? 'cancelled' : 'failed';
    if (outcome === 'cancelled') output.error('The run was cancelled; what was copied stays');
    const document = failureDocument({
      ...facts,
      source: status.source ?? facts.source,
      target: status.target ?? facts.target,
      status: outcome,
      problems,
    });
    if (options.isJson) await output.result(`${JSON.stringify(document, null, 2)}\n`);
    return exitCodeOfProblems(problems);
  }
  const { report, text } = saved;
  await output.result(options.isJson ? `${JSON.stringify(report, null, 2)}\n` : text);
  showProblems(context, report.problems);
  const { json, text: textFile, html } = report.reports;
  output.note(`Reports: ${textFile}`);
  output.note(`         ${json}`);
  output.note(`         ${html}`);
  return exitCodeOfReport(report);
};

/** `mlflow-migrate` and `mlflow-migrate validate`: plan, start or resume, follow, report. Returns the exit code. */
export const runMigrate = async (context: CommandContext): Promise<number> => {
  const { options, env, output, signal, facts } = context;
  const plan = planRun(options, await readConfig(options.configFile), env);
  facts.layout = plan.body.layout ?? 'tables';
  facts.dryRun = plan.mode === 'analyse';
  facts.source = plan.source;
  facts.target = plan.target;
  facts.name = plan.baseName;
  await requireConfirmation(context, plan);

  const place = options.url === null && plan.baseName !== null ? placeOf(options.stateDirectory, plan.baseName) : null;
  const last = place === null ? null : await readRecord(place);
  output.note(`${output.style('dim', 'Source:')} ${plan.source}`);
  output.note(`${output.style('dim', 'Target:')} ${plan.target}`);
  const app =
    place === null
      ? connectApp(options.url ?? '', await readKey(context), signal)
      : await openLocal(context, plan, place);
  const record = async (status: string, reports: SavedReport['report']['reports'] | null): Promise<void> => {
    if (place === null || facts.id === null) return;
    const { source, target } = plan;
    await writeRecord(place, { id: facts.id, source, target, layout: facts.layout, status, reports });
  };
  try {
    facts.id = await beginRun(context, plan, app, last !== null && last.status !== 'running');
    await record('running', null);
    let status = await followRun(context, app, facts.id);
    if (isNotEmpty(status) && output.canAsk && !options.isYes) {
      for (const { message } of status.failures) output.error(message);
      if (await ask('Write beside what is there?', output, signal)) {
        const again = { ...plan, body: { ...plan.body, allowExisting: true } };
        const { id } = await app.client.start(plan.mode === 'analyse' ? 'analyses' : 'migrations', again.body);
        facts.id = id;
        await record('running', null);
        status = await followRun(context, app, id);
      }
    }
    const saved = await fetchReport(
      context,
      app,
      status,
      options.reportDirectory ?? place?.reportDirectory ?? 'reports',
    );
    await record(status.status, saved?.report.reports ?? null);
    const code = await showResult(context, status, saved);
    if (plan.needsMongod && place !== null && !facts.dryRun) {
      output.note(`The documents are in ${join(place.directory, 'mongodb')}: mongod --dbpath opens it`);
    }
    return code;
  } finally {
    await app.stop();
  }
};
