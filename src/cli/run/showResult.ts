import { basename } from 'node:path';
import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { ERROR_POLICY, type Problem } from '../../errors.ts';
import type { CommandContext } from '../commandContext.ts';
import type { Output } from '../display/output.ts';
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

function noteFiles(output: Output, saved: SavedReport, isTold: boolean): void {
  const { report, manifest, differences, fingerprint, unsigned } = saved;
  const { text, json, html } = report.reports;
  if (!isTold) {
    output.note(`Reports: ${text}`);
    output.note(`         ${json}`);
    output.note(`         ${html}`);
  }
  if (differences !== null) output.note(`Differences and deletions: ${differences}`);
  if (manifest !== null && !isTold) output.note(`Manifest: ${manifest}`);
  if (manifest !== null)
    output.note(
      fingerprint === null
        ? `The manifest is not signed${unsigned === null ? '' : `: ${unsigned}`}`
        : `The manifest is signed with the key ${fingerprint}`,
    );
}

/** The report as its file has it, but with the places of the files, which their manifest has no word of. */
function withPaths({ text, report, manifest }: SavedReport): string {
  return [...Object.values(report.reports), ...(manifest === null ? [] : [manifest])].reduce(
    (told, path) => told.replaceAll(basename(path), () => path),
    text,
  );
}

/** Prints the result of a run that has ended, and returns the exit code. */
export async function showResult(
  context: CommandContext,
  status: MigrationStatus,
  saved: SavedReport | null,
): Promise<number> {
  if (saved === null) return showUnreported(context, status);
  const { options, output } = context;
  // On one screen the report itself tells its problems and where its files are, and its last lines stay the last.
  const isTold = output.isOneScreen && !options.isJson;
  for (const problem of isTold ? [] : saved.report.problems) showProblem(output, problem);
  noteFiles(output, saved, isTold);
  const result = options.isJson
    ? `${JSON.stringify(saved.report, null, 2)}\n`
    : output.fit(isTold ? withPaths(saved) : saved.text);
  await output.result(result);
  return exitCodeOfReport(saved.report);
}
