import type { Environment } from '../../config/environment.ts';
import { FUNCTION_TIMEOUT } from '../../config/functionTimeout.ts';
import type { BackReport } from '../../contract/backReport.ts';
import { DEFAULT_LAYOUT } from '../../contract/layoutName.ts';
import { isFinal } from '../../contract/migrationStatus.ts';
import { ERROR_POLICY, MigrationError } from '../../errors.ts';
import type { App } from '../app/app.ts';
import { connectDeployed } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { Declined } from '../declined.ts';
import { ask } from '../display/ask.ts';
import { makePlace, placeOf, readRecord, type StatePlace, writeRecord } from '../place/stateDirectory.ts';
import { planRun } from '../plan/planRun.ts';
import { readConfig } from '../plan/readConfig.ts';
import type { RunPlan } from '../plan/runPlan.ts';
import { findRun } from '../run/findRun.ts';
import { openLocal } from '../run/openLocal.ts';
import { patienceFor } from '../run/patience.ts';
import { followRun } from '../run/runToEnd.ts';

/** What is asked for beside the ends: nothing but a look, or what was found then. */
type Asked = { readonly migration_settings: { readonly dry_run: true } } | { readonly agreedPlan: string | null };

const LOOK: Asked = { migration_settings: { dry_run: true } };

/**
 * `mlflow-migrate migrate-back`: shows what is to be written to PostgreSQL, and what cannot be, asks, and has just that written. Returns
 * the exit code.
 */
export async function runMigrateBack(context: CommandContext): Promise<number> {
  const { options, env, output, facts } = context;
  const plan = planRun(options, await readConfig(options.configFile), env);
  facts.source = plan.source;
  facts.target = plan.target;
  facts.name = plan.baseName;
  facts.dryRun = options.isDryRun;
  if (!options.isDryRun && !options.isYes && !output.canAsk) {
    throw new MigrationError(
      'usage',
      'migrate-back asks before it writes to PostgreSQL, and there is no terminal to ask on',
      {
        hint: 'Look at the plan with --dry-run; add --yes to write it without being asked',
      },
    );
  }
  output.note(`${output.style('dim', 'From:')} ${plan.target}`);
  output.note(`${output.style('dim', 'To:')} ${plan.source}`);
  const place = options.url === null && plan.baseName !== null ? placeOf(options.stateDirectory, plan.baseName) : null;
  if (place !== null) makePlace(place);
  const app =
    place === null
      ? await connectDeployed(options.url ?? '', context)
      : await openLocal(context, withoutLimit(plan, env), place);
  try {
    return await remembering(place, plan, () => bringBack(context, app, plan));
  } finally {
    await app.stop();
  }
}

/** A local host has no reason to end the one transaction, which takes as long as it does. Somebody's own limit stays. */
function withoutLimit(plan: RunPlan, env: Environment): RunPlan {
  const limit = env[FUNCTION_TIMEOUT] ?? '-1';
  return { ...plan, settings: { ...plan.settings, [FUNCTION_TIMEOUT]: limit } };
}

/** Exit code, and the layout that the target turned out to have. */
interface Ended {
  readonly code: number;
  readonly layout: string;
}

/** Does the work with a note in the place that it is under way: a killed one goes on with --resume only, as any other run. */
async function remembering(place: StatePlace | null, plan: RunPlan, work: () => Promise<Ended>): Promise<number> {
  if (place === null) return (await work()).code;
  const { source, target, needsMongod: hasOwnTarget } = plan;
  const name = plan.body.name ?? '';
  const last = await readRecord(place);
  const under = { id: name, name, source, target, hasOwnTarget, layout: DEFAULT_LAYOUT, reports: null };
  await writeRecord(place, { ...under, status: 'running' });
  const { code, layout } = await work();
  await writeRecord(place, last ?? { ...under, layout, status: code === 0 ? 'completed' : 'failed' });
  return code;
}

async function bringBack(context: CommandContext, app: App, plan: RunPlan): Promise<Ended> {
  const { options, output, signal } = context;
  const resumed = options.isResume ? await findRun(app.client, plan.body.name ?? null) : null;
  if (resumed !== null && !isFinal(resumed.status)) {
    const ended = await reportOf(context, app, plan, resumed.id);
    // What was cut short may have been the look at the plan: then nothing was written yet.
    if (!ended.report.dryRun || options.isDryRun) return await show(context, ended);
  }
  const look = await run(context, app, plan, LOOK);
  const { inserted, changed, deleted } = look.report.totals;
  const isNothing = inserted + changed + deleted === 0;
  if (options.isDryRun || look.report.status !== 'completed') return await show(context, look);
  for (const line of look.text.trimEnd().split('\n')) output.note(line);
  if (!isNothing && !options.isYes && !(await ask(`Write this to ${plan.source}?`, output, signal)))
    throw new Declined('Nothing was written: the plan was not agreed to');
  // Also where nothing is left to write: the record of the target is renewed then.
  return await show(context, await run(context, app, plan, { agreedPlan: look.report.plan }));
}

interface Shown {
  readonly report: BackReport;
  readonly text: string;
}

async function run(context: CommandContext, app: App, plan: RunPlan, asked: Asked): Promise<Shown> {
  const settings = 'migration_settings' in asked ? asked.migration_settings : {};
  const migrationSettings = { ...plan.body.migration_settings, ...settings };
  const { id } = await app.client.start('migrations', {
    ...plan.body,
    ...asked,
    migration_settings: migrationSettings,
  });
  return await reportOf(context, app, plan, id);
}

async function reportOf(context: CommandContext, app: App, plan: RunPlan, id: string): Promise<Shown> {
  context.facts.id = id;
  const { status, failures } = await followRun(context, app, id, patienceFor(app, plan));
  try {
    const report = JSON.parse(await app.client.report(id, 'json')) as BackReport;
    return { report, text: await app.client.report(id, 'text') };
  } catch (error) {
    const [problem] = failures;
    if (!(error instanceof MigrationError) || error.kind !== 'not-found') throw error;
    if (problem !== undefined) throw new MigrationError(problem.kind, problem.message, { hint: problem.hint });
    throw new MigrationError('interrupted', `The way back is ${status}: nothing was written`, {
      hint: 'Start it again',
    });
  }
}

async function show({ options, output }: CommandContext, { report, text }: Shown): Promise<Ended> {
  await output.result(options.isJson ? `${JSON.stringify(report, null, 2)}\n` : output.fit(text));
  const [problem] = report.problems;
  const layout = report.layout ?? DEFAULT_LAYOUT;
  if (problem !== undefined) return { code: ERROR_POLICY[problem.kind].exitCode, layout };
  return { code: report.status === 'completed' ? 0 : 1, layout };
}
