import type { MigrationReport } from '../contract/reportModel.ts';
import type { Problem } from '../errors.ts';
import { judgeUnreported } from '../report/judgeUnreported.ts';

/** The exit code of a run that ended without a report. */
export const exitCodeOfProblems = (problems: readonly Problem[]): number =>
  judgeUnreported({ kind: 'migration', isStarted: true, ending: 'failed', problems }).exitCode;

/** The exit code of a finished run. */
export const exitCodeOfReport = (report: Pick<MigrationReport, 'verdict'>): number => report.verdict.exitCode;
