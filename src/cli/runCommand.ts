import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GetVaultSecret, getAzureVaultSecret } from '../config/azureCredential.ts';
import type { Environment } from '../config/environment.ts';
import { DEFAULT_LAYOUT } from '../contract/layoutName.ts';
import { ERROR_POLICY, MigrationError, type Problem, toProblem } from '../errors.ts';
import { type CommandContext, noFacts, type RunFacts } from './commandContext.ts';
import { runCompletion } from './commands/completion.ts';
import { runControl } from './commands/control.ts';
import { runDifferences } from './commands/differences.ts';
import { runDoctor } from './commands/doctor.ts';
import { runGrants } from './commands/grants.ts';
import { runHelp } from './commands/help.ts';
import { runInit } from './commands/init.ts';
import { runMigrate } from './commands/migrate.ts';
import { runMigrateBack } from './commands/migrateBack.ts';
import { runReport } from './commands/report.ts';
import { runStatus } from './commands/status.ts';
import { runVerifyReport } from './commands/verifyReport.ts';
import { Declined } from './declined.ts';
import type { Output } from './display/output.ts';
import { showProblem } from './display/showProblem.ts';
import { failureDocument } from './failureDocument.ts';
import { helpPage } from './help/helpPage.ts';
import { type Arguments, parseArguments } from './options/parseArguments.ts';
import { DEFAULT_STATE_DIRECTORY, readOptions } from './options/readOptions.ts';
import { packageRoot } from './packageRoot.ts';
import { commandFor } from './place/commandFor.ts';
import { goOnCommand } from './run/goOnCommand.ts';

function version(): string {
  const file = join(packageRoot(), 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function dispatch(context: CommandContext): Promise<number> {
  const { command } = context.options;
  switch (command) {
    case 'migrate':
    case 'validate':
      return runMigrate(context);
    case 'init':
      return runInit(context);
    case 'doctor':
      return runDoctor(context);
    case 'status':
      return runStatus(context);
    case 'report':
      return runReport(context);
    case 'differences':
      return runDifferences(context);
    case 'cancel':
    case 'suspend':
    case 'resume':
    case 'cutover':
      return runControl(context, command);
    case 'migrate-back':
      return runMigrateBack(context);
    case 'verify-report':
      return runVerifyReport(context);
    case 'grants':
      return runGrants(context);
    case 'help':
      return runHelp(context);
    case 'completion':
      return runCompletion(context);
  }
}

/** Of a run whose start was on its way. */
const MAY_HAVE_BEGUN = 'Interrupted as the migration was being started: it may have begun';

/** What the first signal leaves behind, as a problem whose hint says how to go on. */
function interruption(facts: RunFacts, args: Arguments): Problem {
  const kind = 'interrupted';
  const begun = facts.id ?? facts.asked;
  if (begun === null) return { kind, message: 'Interrupted before a migration was started', hint: '' };
  const url = args.options.get('url');
  if (typeof url === 'string') {
    const place = { url, stateDirectory: DEFAULT_STATE_DIRECTORY };
    const hint = `It goes on in the app: look at it with ${commandFor('status', begun, place)}, end it with ${commandFor('cancel', begun, place)}`;
    const message = facts.id === null ? MAY_HAVE_BEGUN : `Interrupted; ${begun} was left running`;
    return { kind, message, hint };
  }
  // One that was asked for is not among the options.
  const given = facts.layout === DEFAULT_LAYOUT ? args.options : new Map(args.options).set('layout', facts.layout);
  const line = goOnCommand(args.command, given, facts.name ?? begun);
  const message = facts.id === null ? MAY_HAVE_BEGUN : 'Interrupted; what was copied stays';
  return { kind, message, hint: `Go on with: ${line}` };
}

async function fail(output: Output, problem: Problem, facts: RunFacts, isJson: boolean): Promise<number> {
  showProblem(output, problem);
  if (isJson) {
    const document = failureDocument({ ...facts, id: facts.id ?? facts.asked, status: 'failed', problems: [problem] });
    await output.result(`${JSON.stringify(document, null, 2)}\n`);
  }
  return ERROR_POLICY[problem.kind].exitCode;
}

/** One line for whoever answered a question with no; readers of `--json` get their document. */
async function decline(output: Output, { message }: Declined, facts: RunFacts, isJson: boolean): Promise<number> {
  output.error(message);
  if (isJson) {
    const problem: Problem = { kind: 'usage', message, hint: '' };
    const document = failureDocument({ ...facts, status: 'failed', problems: [problem] });
    await output.result(`${JSON.stringify(document, null, 2)}\n`);
  }
  return ERROR_POLICY.usage.exitCode;
}

/** Shows the stack of a fault of the program where somebody asked for details; its message may quote values, so it stays out. */
function showStack(output: Output, error: unknown): void {
  if (error instanceof MigrationError || !(error instanceof Error)) return;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  for (const frame of frames) output.error(frame);
}

/** Runs the command that the arguments ask for, and returns the exit code. Never throws. */
export async function runCommand(
  argv: readonly string[],
  env: Environment,
  makeOutput: (isQuiet: boolean) => Output,
  signal: AbortSignal,
  getVaultSecret: GetVaultSecret = getAzureVaultSecret,
): Promise<number> {
  const args: Arguments = parseArguments(argv);
  const output = makeOutput(args.options.has('quiet'));
  const isJson = args.options.has('json');
  const facts = noFacts();
  try {
    // There is no help on a command that there is not: a script that asks whether there is one reads the exit code.
    const isAnswerable = args.written !== 'unknown';
    if (isAnswerable && args.options.has('help')) {
      await output.result(output.asCalled(helpPage(args.written === 'command' ? args.command : null)));
      return 0;
    }
    if (isAnswerable && args.options.has('version')) {
      await output.result(`${version()}\n`);
      return 0;
    }
    const options = readOptions(args, env);
    facts.name = options.name;
    return await dispatch({ options, given: args.options, env, output, signal, facts, getVaultSecret });
  } catch (error) {
    if (error instanceof Declined) return decline(output, error, facts, isJson);
    if (signal.aborted) return fail(output, interruption(facts, args), facts, isJson);
    if (args.options.has('verbose')) showStack(output, error);
    return fail(output, toProblem(error), facts, isJson);
  }
}
