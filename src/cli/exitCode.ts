import { ERROR_POLICY, type Problem } from '../errors.ts';
import type { MigrationReport } from '../report/model.ts';

/** The exit code that follows from problems: configuration first, then the ends of the migration, else the first one's. */
export const exitCodeOfProblems = (problems: readonly Problem[]): number => {
  const codes = problems.map(({ kind }) => ERROR_POLICY[kind]?.exitCode ?? 1);
  return [2, 4].find((code) => codes.includes(code)) ?? codes[0] ?? 1;
};

/** The exit code of a finished run (design §1). */
export const exitCodeOfReport = (
  report: Pick<MigrationReport, 'status' | 'totals' | 'validation' | 'problems'>,
): number => {
  if (report.status === 'completed') return 0;
  if (report.status === 'cancelled') return 1;
  if (report.problems.length > 0) return exitCodeOfProblems(report.problems);
  const { findings, ...checks } = report.validation;
  // Rows that could not be copied are findings of the copy; what only the comparison found is a difference.
  const isCopyFault = findings.some(
    ({ severity, check }) => severity === 'error' && (check === 'copy' || check === 'schema'),
  );
  return Object.values(checks).includes('failed') && !isCopyFault ? 3 : 1;
};
