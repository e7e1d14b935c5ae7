import { type ErrorKind, isPermanent, MigrationError, type Problem, toProblem } from '../../errors.ts';

/**
 * Does the work on one table. What fails for good there is told to `onFailure` and keeps no other table from being worked on.
 * Thrown is what a fresh attempt may cure, what `endsRun` names, and everything once the work was asked to stop.
 */
export async function failAlone(
  signal: AbortSignal,
  work: () => Promise<void>,
  onFailure: (problem: Problem) => void,
  endsRun: readonly ErrorKind[] = [],
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isOfAll = error instanceof MigrationError && endsRun.includes(error.kind);
    if (signal.aborted || isOfAll || !isPermanent(error)) throw error;
    onFailure(toProblem(error));
  }
}
