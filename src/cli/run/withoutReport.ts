import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { howToGoOn } from '../display/statusText.ts';

/** Says in the command's words why a run has no report, in place of the app's refusal; any other failure is passed on. `stateDirectory` is null for a deployed app. */
export function withoutReport(error: unknown, run: MigrationStatus, stateDirectory: string | null): unknown {
  if (!(error instanceof MigrationError) || error.kind !== 'not-found') return error;
  const { name, status } = run;
  const look = `mlflow-migrate status --name ${name}`;
  const hint =
    status === 'interrupted'
      ? `It is written when the run ends. What lets it go on: ${howToGoOn(run, stateDirectory)}`
      : isFinal(status)
        ? `The run ended before it could write one: ${look} says why`
        : `It is written when the run ends: ${look} says how far it is`;
  return new MigrationError('not-found', `${name} has no report: it is ${status}`, { hint, cause: error });
}
