import { MigrationError } from '../../../errors.ts';
import { listNames } from '../../../listNames.ts';

/** An experiment that may be meant. */
interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly workspace: string | null;
}

/** Names that a message lists; more are counted. */
const MAX_LISTED = 100;

/**
 * The ids of the experiments that are asked for, in ascending order. A text that is an id means that one, also where another
 * experiment bears it as a name. Throws `config` that names all which are not there, and all which several workspaces have.
 */
export function resolveExperiments(
  asked: readonly string[],
  found: readonly Candidate[],
  workspace: string | null,
): string[] {
  const candidates =
    workspace === null ? found : found.filter((experiment) => (experiment.workspace ?? 'default') === workspace);
  const meant = asked.map((text) => {
    const byId = candidates.filter(({ id }) => id === text);
    return { text, candidates: byId.length > 0 ? byId : candidates.filter(({ name }) => name === text) };
  });
  const unknown = meant.filter((one) => one.candidates.length === 0).map(({ text }) => text);
  if (unknown.length > 0) {
    const where = workspace === null ? 'The source' : `The workspace ${workspace}`;
    throw new MigrationError('config', `${where} has no ${nouns(unknown)} ${listNames(unknown, MAX_LISTED)}`, {
      hint: 'Give names as MLflow shows them, or ids. A name with a comma in it stands in double quotes on a command line, and as it is in a list of JSON',
    });
  }
  const ambiguous = meant.filter((one) => one.candidates.length > 1);
  if (ambiguous.length > 0) {
    const shown = ambiguous.map(({ text, candidates: several }) => {
      const ids = several.map(({ id, workspace: of }) => `${id} in ${of ?? 'default'}`);
      return `${text} (${ids.join(', ')})`;
    });
    throw new MigrationError('config', `Several workspaces have the ${nouns(shown)} ${listNames(shown, MAX_LISTED)}`, {
      hint: 'Give ids in place of these names, or choose one workspace, which the layout mlflow can',
    });
  }
  const ids = new Set(meant.flatMap((one) => one.candidates.map(({ id }) => id)));
  return [...ids].sort((one, other) => Number(one) - Number(other));
}

function nouns(of: readonly string[]): string {
  return of.length === 1 ? 'experiment' : 'experiments';
}
