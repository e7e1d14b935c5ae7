import { join } from 'node:path';
import { DEFAULT_LAYOUT } from '../../contract/layoutName.ts';
import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { connectDeployed } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { Declined } from '../declined.ts';
import { ask } from '../display/ask.ts';
import { makePlace, placeOf, readRecord, writeRecord } from '../place/stateDirectory.ts';
import { tryDirectory } from '../place/tryDirectory.ts';
import { planRun } from '../plan/planRun.ts';
import { readConfig } from '../plan/readConfig.ts';
import type { RunPlan } from '../plan/runPlan.ts';
import { beginRun } from '../run/beginRun.ts';
import { withLayout, withOnlyLayout } from '../run/chooseLayout.ts';
import { fetchReport } from '../run/fetchReport.ts';
import { isRefusal } from '../run/isRefusal.ts';
import { openLocal } from '../run/openLocal.ts';
import { patienceFor } from '../run/patience.ts';
import { requireResumable } from '../run/requireResumable.ts';
import { runToEnd } from '../run/runToEnd.ts';
import type { SavedReport } from '../run/saveReports.ts';
import { showResult } from '../run/showResult.ts';

async function requireConfirmation({ options, output, signal }: CommandContext, plan: RunPlan): Promise<void> {
  if (!options.isDropTarget || options.isYes || plan.kind !== 'migration') return;
  if (!output.canAsk) {
    throw new MigrationError('usage', '--drop-target asks first, and there is no terminal to ask on', {
      hint: 'Add --yes to empty the collections without being asked',
    });
  }
  if (await ask(`Empty the collections of this migration in ${plan.target}?`, output, signal)) return;
  throw new Declined('Nothing was done: --drop-target was not confirmed');
}

/** `mlflow-migrate` and `mlflow-migrate validate`: plan, start or resume, follow, report. Returns the exit code. */
export async function runMigrate(context: CommandContext): Promise<number> {
  const { options, env, output, signal, facts } = context;
  const config = await readConfig(options.configFile);
  // What is wrong is told before anything is asked.
  planRun(withOnlyLayout(context, config), config, env);
  const plan = planRun(await withLayout(context, config), config, env);
  facts.layout = plan.body.layout ?? DEFAULT_LAYOUT;
  facts.dryRun = plan.kind === 'analysis';
  facts.source = plan.source;
  facts.target = plan.target;
  facts.name = plan.baseName;

  const place = options.url === null && plan.baseName !== null ? placeOf(options.stateDirectory, plan.baseName) : null;
  const reportDirectory = options.reportDirectory ?? place?.reportDirectory ?? 'reports';
  if (place !== null && plan.isNamed && options.isResume) await requireResumable(options.stateDirectory, place);
  if (place !== null) makePlace(place);
  tryDirectory(reportDirectory, 'The directory for reports', '--report-dir', 0o700);
  await requireConfirmation(context, plan);

  output.note(`${output.style('dim', 'Source:')} ${plan.source}`);
  output.note(`${output.style('dim', 'Target:')} ${plan.target}`);
  const last = place === null ? null : await readRecord(place);
  // Interrupted from here on, there is something to go on with.
  if (options.isResume && last !== null) facts.id = last.id;
  const app =
    place === null ? await connectDeployed(options.url ?? '', context) : await openLocal(context, plan, place);
  try {
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
    const saved = isRefusal(status)
      ? null
      : await fetchReport(context, app, status, reportDirectory, patienceFor(app, plan));
    await record(status.status, saved?.report.reports ?? null);
    if (plan.needsMongod && place !== null && !facts.dryRun) {
      output.note(`The documents are in ${join(place.directory, 'mongodb')}: mongod --dbpath opens it`);
    }
    return await showResult(context, status, saved);
  } finally {
    await app.stop();
  }
}
