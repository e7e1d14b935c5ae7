import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { ERROR_POLICY, type Problem } from '../../errors.ts';
import type { CommandContext } from '../commandContext.ts';
import { showProblem } from '../display/showProblem.ts';
import { exitCodeOfReport, exitCodeWithoutReport } from '../exitCode.ts';
import { failureDocument } from '../failureDocument.ts';
import type { SavedReport } from './saveReports.ts';

/** A run that failed, and whose report is not there to say why. */
const UNEXPLAINED: Problem = {
  kind: 'internal',
  message: 'The run failed without saying why',
  hint: ERROR_POLICY.internal.hint,
};

/** The result of a run that has no report. */
async function showUnreported(context: CommandContext, run: MigrationStatus): Promise<number> {
  const { options, output, facts } = context;
  const problems = run.failures.length > 0 || run.status !== 'failed' ? run.failures : [UNEXPLAINED];
  for (const problem of problems) showProblem(output, problem);
  const status = run.status === 'cancelled' ? 'cancelled' : 'failed';
  if (status === 'cancelled') output.error('The run was cancelled; what was copied stays');
  const [source, target] = [run.source ?? facts.source, run.target ?? facts.target];
  const document = failureDocument({ ...facts, source, target, status, problems });
  if (options.isJson) await output.result(`${JSON.stringify(document, null, 2)}\n`);
  return exitCodeWithoutReport(problems);
}

/** Prints the result of a run that has ended, and returns the exit code. */
export async function showResult(
  context: CommandContext,
  status: MigrationStatus,
  saved: SavedReport | null,
): Promise<number> {
  if (saved === null) return showUnreported(context, status);
  const { options, output } = context;
  const { report, text, manifest, differences, fingerprint } = saved;
  await output.result(options.isJson ? `${JSON.stringify(report, null, 2)}\n` : text);
  for (const problem of report.problems) showProblem(output, problem);
  const { json, text: textFile, html } = report.reports;
  output.note(`Reports: ${textFile}`);
  output.note(`         ${json}`);
  output.note(`         ${html}`);
  if (differences !== null) output.note(`Differences and deletions: ${differences}`);
  if (manifest !== null) {
    output.note(`Manifest: ${manifest}`);
    output.note(fingerprint === null ? '          not signed' : `          signed with the key ${fingerprint}`);
  }
  return exitCodeOfReport(report);
}
