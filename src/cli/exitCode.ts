import type { MigrationReport } from '../contract/migrationReport.ts';
import type { Problem } from '../errors.ts';
import { judgeUnreported } from '../report/judgeUnreported.ts';

/** The exit code of a run that ended without a report. */
export function exitCodeWithoutReport(problems: readonly Problem[]): number {
  return judgeUnreported({ kind: 'migration', isStarted: true, ending: 'failed', problems }).exitCode;
}

/** The exit code of a finished run. */
export function exitCodeOfReport(report: Pick<MigrationReport, 'verdict'>): number {
  return report.verdict.exitCode;
}
