import type { ChosenExperiments } from '../../contract/chosenExperiments.ts';
import { type Flavour, hasDearUniqueIndexes } from '../../contract/flavour.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { LayoutOptions } from '../../contract/plan.ts';
import { keptUnique } from '../../contract/uniqueIndexes.ts';

/**
 * What a request asks of the layout. A table that may not be read is in no layout, so that none has to leave it out. Before
 * the target's flavour is known (null), unique indexes are taken for cheap.
 */
export function layoutOptions(
  request: MigrationRequest,
  unreadable: readonly string[],
  flavour: Flavour | null,
  experiments: ChosenExperiments | undefined,
): LayoutOptions {
  const { layout, tables, exclude, workspace, shardKeys, artifacts } = request;
  return {
    layout,
    tables,
    exclude: exclude.filter((table) => !unreadable.includes(table)),
    workspace,
    ...(experiments === undefined ? {} : { experiments }),
    shardKeys,
    ...(artifacts.length === 0 ? {} : { artifacts }),
    uniqueIndexes: keptUnique(request.uniqueIndexes, flavour !== null && hasDearUniqueIndexes(flavour)),
  };
}
