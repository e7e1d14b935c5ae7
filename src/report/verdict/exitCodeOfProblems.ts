import { ERROR_POLICY, type Problem } from '../../errors.ts';

/** The exit code that follows from problems: configuration first, then the ends of the migration, else the first one's; 1 where none is told. */
export function exitCodeOfProblems(problems: readonly Problem[]): number {
  const codes = problems.map(({ kind }) => ERROR_POLICY[kind]?.exitCode ?? 1);
  return [2, 4].find((code) => codes.includes(code)) ?? codes[0] ?? 1;
}
