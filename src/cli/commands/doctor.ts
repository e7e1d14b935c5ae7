import { MigrationError, type Problem, toProblem } from '../../errors.ts';
import { shellOption } from '../../quoteShell.ts';
import { openApp } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { type Check, checkLines, exitCodeOf, verdictOf } from '../doctor/check.ts';
import { lookAtEnds } from '../doctor/lookAtEnds.ts';
import { checkMongod, checkNode, checkPort, checkStateDirectory, checkStorage } from '../doctor/machineChecks.ts';
import { planRun } from '../plan/planRun.ts';
import { readConfig } from '../plan/readConfig.ts';
import type { RunPlan } from '../plan/runPlan.ts';

function missing(name: string, { kind, message, hint }: Problem): Check {
  return { name, state: 'missing', found: message, cure: hint, kind };
}

/** Both ends, where they are not looked at. */
function unseenEnds(found: string, cure: string): Check {
  return { name: 'Source and target', state: 'unseen', found, cure };
}

/** Which end a problem of the look speaks of. */
function endOf({ kind }: Problem): string {
  if (kind.startsWith('source')) return 'Source';
  return kind.startsWith('target') || kind.endsWith('consent') ? 'Target' : 'Migration';
}

/** The plan of a dry run of the ends that are named; a check in its place where none are, or wrongly. */
async function planLook({ options, env }: CommandContext): Promise<RunPlan | Check> {
  try {
    const asked = { ...options, command: 'migrate', isDryRun: true } as const;
    return planRun(asked, await readConfig(options.configFile), env);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    const isUnnamed = error.kind === 'usage' && error.message.startsWith('There is no source');
    const problem = toProblem(error);
    return isUnnamed ? unseenEnds('not looked at, as no source is named', problem.hint) : missing('Ends', problem);
  }
}

async function endChecks(context: CommandContext): Promise<Check[]> {
  const plan = await planLook(context);
  if ('state' in plan) return [plan];
  const mongod = plan.needsMongod ? [await checkMongod(context.env)] : [];
  if (mongod.some(({ state }) => state !== 'ok'))
    return [
      ...mongod,
      unseenEnds('not looked at, as no target is named and no mongod is here', 'Name one with --mongodb-uri'),
    ];
  context.output.note('Looking at both ends');
  let problems: readonly Problem[];
  try {
    problems = await lookAtEnds(context, plan);
  } catch (error) {
    context.signal.throwIfAborted();
    problems = [toProblem(error)];
  }
  const found = problems.map((problem) => missing(endOf(problem), problem));
  const isFine = (name: string) => found.every((check) => check.name !== name && check.name !== 'Migration');
  const well = [
    ...(isFine('Source') ? [['Source', `${plan.source} answers, and a migration may begin to read it`] as const] : []),
    ...(isFine('Target')
      ? [['Target', `${plan.target} answers; rights to write are tried by a migration alone`] as const]
      : []),
  ].map(([name, words]): Check => ({ name, state: 'ok', found: words, cure: '' }));
  return [...mongod, ...well, ...found];
}

/** Is the deployed app there, and does it take the key? */
async function checkApp(context: CommandContext): Promise<Check> {
  const name = 'Function app';
  try {
    const { app } = await openApp(context);
    await app.client.list();
    return { name, state: 'ok', found: `${app.client.host} answers and takes the key`, cure: '' };
  } catch (error) {
    context.signal.throwIfAborted();
    return missing(name, toProblem(error));
  }
}

/** `mlflow-migrate doctor`: what is missing on this machine and at both ends, each with its cure. Returns the exit code: 0, 1 or 4. */
export async function runDoctor(context: CommandContext): Promise<number> {
  const { options, env, output } = context;
  const checks: Check[] = [checkNode()];
  if (options.url === null) {
    checks.push(...(await checkStateDirectory(options.stateDirectory)), await checkPort(), checkStorage(env));
    const isReady = exitCodeOf(checks) === 0;
    checks.push(
      ...(isReady
        ? await endChecks(context)
        : [
            unseenEnds(
              'not looked at, as there is no place for state yet',
              'Mend what is missing, then call doctor again',
            ),
          ]),
    );
  } else {
    const dryRun = `mlflow-migrate ${shellOption('url', options.url)} --dry-run`;
    checks.push(
      await checkApp(context),
      unseenEnds('not looked at: the app alone reaches them', `A dry run does: ${dryRun}`),
    );
  }
  const exitCode = exitCodeOf(checks);
  await output.result(
    options.isJson
      ? `${JSON.stringify({ exitCode, checks }, null, 2)}\n`
      : output.fit(output.asCalled(`${[...checkLines(checks), '', verdictOf(checks)].join('\n')}\n`)),
  );
  return exitCode;
}
