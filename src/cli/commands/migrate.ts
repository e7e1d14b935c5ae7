import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StartRequest } from '../../config/schemas/startRequest.ts';
import type { MigrationReport } from '../../contract/reportModel.ts';
import { isFinal, type MigrationStatus } from '../../contract/status.ts';
import { ERROR_POLICY, type ErrorKind, MigrationError, type Problem } from '../../errors.ts';
import { isWorthRetrying } from '../apiClient.ts';
import type { App } from '../app.ts';
import { ask } from '../ask.ts';
import type { CommandContext } from '../context.ts';
import { Declined } from '../declined.ts';
import { exitCodeOfProblems, exitCodeOfReport } from '../exitCode.ts';
import { failureDocument } from '../failureDocument.ts';
import { findRun } from '../findRun.ts';
import { follow } from '../follow.ts';
import { startLocalApp } from '../localApp.ts';
import { connectApp } from '../openApp.ts';
import { lockPlace } from '../placeLock.ts';
import { planRun, type RunPlan } from '../planRun.ts';
import { createProgress } from '../progress.ts';
import { readConfig } from '../readConfig.ts';
import { readKey, readToken } from '../readKey.ts';
import { differencesFile, type SavedReport, saveReports } from '../saveReports.ts';
import { makePlace, placeOf, readRecord, type StatePlace, writeRecord } from '../stateDirectory.ts';
import { tryDirectory } from '../tryDirectory.ts';

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
  throw new Declined('Nothing was done: --drop-target was not confirmed');
};

const conflictHint = (name: string | null): string => {
  const named = name === null ? '' : ` --name ${name}`;
  return `Go on with it: the command that began it, with --resume; end it: mlflow-migrate cancel${named}; or give another --name for another pair of databases`;
};

/** Throws MigrationError('conflict') where a run in the place is not finished, as it would go on by itself beside what was asked for. */
const requireNothingUnfinished = async (looking: App): Promise<void> => {
  const runs = await looking.client.list();
  const unfinished = runs.find(({ status }) => !isFinal(status));
  if (unfinished === undefined) return;
  throw new MigrationError('conflict', `The migration ${unfinished.name} is not finished`, {
    hint: conflictHint(unfinished.name),
  });
};

/** Starts the local host of a plan in a place that is locked, after making sure that nothing unfinished goes on by accident. */
const startInPlace = async (context: CommandContext, plan: RunPlan, place: StatePlace): Promise<App> => {
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
      await requireNothingUnfinished(looking);
    } finally {
      await looking.stop();
    }
  }
  return start(true);
};

const openLocal = async (context: CommandContext, plan: RunPlan, place: StatePlace): Promise<App> => {
  const lock = await lockPlace(place, context.output, context.signal);
  try {
    const app = await startInPlace(context, plan, place);
    return { ...app, stop: () => app.stop().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
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
      throw new MigrationError('conflict', error.message, { hint: conflictHint(plan.baseName), cause: error });
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
    if (found.status === 'suspending' || found.status === 'suspended') await app.client.control(found.id, 'resume');
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

/** What the app did not do by itself, and how it is told to. */
interface Consent {
  readonly kind: ErrorKind;
  readonly question: string;
  /** Shown where the answer is no. */
  readonly declined: string;
  readonly isAnsweredByYes: boolean;
  readonly change: (body: StartRequest) => StartRequest;
}

const CONSENTS: readonly Consent[] = [
  {
    kind: 'target-not-empty',
    question: 'Write beside what is there?',
    declined: 'Nothing was done: the target holds other data',
    isAnsweredByYes: true,
    change: (body) => ({ ...body, allowExisting: true }),
  },
  {
    kind: 'throughput-needs-consent',
    question: 'Make them with that throughput?',
    declined: 'Nothing was done: the collections would be paid for one by one',
    isAnsweredByYes: true,
    change: (body) => ({ ...body, migration_settings: { ...body.migration_settings, allow_throughput: 'all' } }),
  },
  {
    kind: 'deletes-need-consent',
    question: 'Delete all of them?',
    declined: 'Nothing was deleted: documents of vanished rows stay, as does what was copied',
    isAnsweredByYes: false,
    change: (body) => ({ ...body, migration_settings: { ...body.migration_settings, allow_deletes: 'all' } }),
  },
];

/** The consent that a run ended for want of; null where it ended in any other way. */
const missingConsent = ({ status, failures }: MigrationStatus): Consent | null => {
  if (status !== 'failed' || failures.length === 0) return null;
  return CONSENTS.find((consent) => failures.every(({ kind }) => kind === consent.kind)) ?? null;
};

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
  if (Object.keys(report.deleted).length > 0) output.note(`Deleted: ${differencesFile(report.reports)}`);
  return exitCodeOfReport(report);
};

/** Follows a run to its end; where somebody can be asked, one that ended for want of a consent is begun again with it. Throws {@link Declined}. */
const runToEnd = async (context: CommandContext, app: App, plan: RunPlan, begun: string): Promise<MigrationStatus> => {
  const { options, output, signal, facts } = context;
  const given: Consent[] = [];
  let { body } = plan;
  let id = begun;
  for (;;) {
    const status = await followRun(context, app, id);
    const consent = missingConsent(status);
    if (consent === null || given.includes(consent) || !output.canAsk) return status;
    if (consent.isAnsweredByYes && options.isYes) return status;
    for (const { message } of status.failures) output.error(message);
    if (!(await ask(consent.question, output, signal))) throw new Declined(consent.declined);
    given.push(consent);
    body = consent.change(body);
    ({ id } = await app.client.start(plan.mode === 'analyse' ? 'analyses' : 'migrations', body));
    facts.id = id;
  }
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

  const place = options.url === null && plan.baseName !== null ? placeOf(options.stateDirectory, plan.baseName) : null;
  const reportDirectory = options.reportDirectory ?? place?.reportDirectory ?? 'reports';
  if (place !== null) makePlace(place);
  tryDirectory(reportDirectory, 'The directory for reports', '--report-dir');
  await requireConfirmation(context, plan);

  output.note(`${output.style('dim', 'Source:')} ${plan.source}`);
  output.note(`${output.style('dim', 'Target:')} ${plan.target}`);
  const app =
    place === null
      ? connectApp(options.url ?? '', await readKey(context), signal, readToken(context))
      : await openLocal(context, plan, place);
  try {
    const last = place === null ? null : await readRecord(place);
    if (last !== null && (last.source !== plan.source || last.target !== plan.target)) {
      output.note(`The last run of ${plan.baseName} was from ${last.source} to ${last.target}.`);
      output.note('Where these are other databases, give --name to keep the state and reports of both.');
    }
    const record = async (status: string, reports: SavedReport['report']['reports'] | null): Promise<void> => {
      const { source, target, needsMongod: hasOwnTarget } = plan;
      const name = plan.body.name ?? '';
      if (place === null) return;
      const { layout } = facts;
      await writeRecord(place, { id: facts.id ?? name, name, source, target, hasOwnTarget, layout, status, reports });
    };
    // Before the start: should this process be killed right after it, the next call knows that something may be unfinished.
    await record('starting', null);
    try {
      facts.id = await beginRun(context, plan, app, last !== null && last.status !== 'running');
    } catch (error) {
      if (place !== null && last !== null && !signal.aborted) await writeRecord(place, last);
      throw error;
    }
    await record('running', null);
    let status: MigrationStatus;
    try {
      status = await runToEnd(context, app, plan, facts.id);
    } catch (error) {
      if (error instanceof Declined) await record('failed', null);
      throw error;
    }
    const saved = await fetchReport(context, app, status, reportDirectory);
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
