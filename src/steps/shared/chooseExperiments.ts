import type { ChosenExperiments } from '../../contract/chosenExperiments.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { ExperimentRows } from '../../mlflow/layouts/rows/experimentRows.ts';
import { resolveExperiments } from '../../mlflow/layouts/rows/resolveExperiments.ts';
import { findExperiments } from '../../source/findExperiments.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';

/**
 * The experiments that a request chooses, by their ids, which stay the same whatever they are renamed to; undefined where it
 * chooses none. Throws `config` for names that the source does not have, or has more than once.
 */
export async function chooseExperiments(
  source: SourceDatabase,
  schema: SourceSchema,
  { experiments, workspace }: Pick<MigrationRequest, 'experiments' | 'workspace'>,
): Promise<ChosenExperiments | undefined> {
  if (experiments === null) return undefined;
  const found = await source.read((client) => findExperiments(client, schema, experiments));
  const ids = resolveExperiments(experiments, found, workspace);
  const question = new ExperimentRows(schema, { ids, besides: [] }).besides();
  if (question === null) return { ids, besides: [] };
  const besides = await source.read(async (client) => {
    const { rows } = await client.query<{ id: string }>(question);
    return rows.map(({ id }) => id);
  });
  return { ids, besides: besides.sort((one, other) => Number(one) - Number(other)) };
}
