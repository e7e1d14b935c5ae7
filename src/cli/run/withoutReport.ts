import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { howToGoOn } from '../display/statusText.ts';
import { commandFor, type RunPlace } from '../place/commandFor.ts';

/** Says in the command's words why a run has no report, in place of the app's refusal; any other failure is passed on. */
export function withoutReport(error: unknown, run: MigrationStatus, place: RunPlace): unknown {
  if (!(error instanceof MigrationError) || error.kind !== 'not-found') return error;
  const { name, status } = run;
  const look = commandFor('status', name, place);
  const hint =
    status === 'interrupted'
      ? `It is written when the run ends. What lets it go on: ${howToGoOn(run, place)}`
      : isFinal(status)
        ? `The run ended before it could write one: ${look} says why`
        : `It is written when the run ends: ${look} says how far it is`;
  return new MigrationError('not-found', `${name} has no report: it is ${status}`, { hint, cause: error });
}
