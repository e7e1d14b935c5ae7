import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { Ownership } from '../../contract/ownership.ts';
import { MigrationError } from '../../errors.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { RUN_METRICS } from '../../mlflow/layouts/plugin/runMetrics.ts';
import { readLegacy } from '../../target/ownership.ts';
import type { TargetDatabase } from '../../target/targetDatabase.ts';

/**
 * The version of the `_id`s that metric points get: the newest in a target that is filled anew, and otherwise the one that it was
 * filled with, as a point with another `_id` would be there twice.
 */
export async function choosePointIds(
  target: TargetDatabase,
  ownership: Ownership | null,
  request: MigrationRequest,
): Promise<1 | 2> {
  if (request.dropTarget) return 2;
  const claim = ownership?.collections.find(({ name }) => name === RUN_METRICS);
  if (claim !== undefined) return claim.ids ?? 1;
  return (await readLegacy(target)).isLegacy ? 1 : 2;
}

/** Refuses to write by a plan whose `_id`s are others than those of the claims: somebody has claimed the collections in between. Throws `target-in-use`. */
export function assertPlannedIds(
  display: string,
  ownership: Ownership,
  collections: readonly CollectionDefinition[],
): void {
  const claims = new Map(ownership.collections.map(({ name, ids }) => [name, ids]));
  const other = collections.find(({ collection, idVersion }) => claims.get(collection) !== idVersion);
  if (other === undefined) return;
  throw new MigrationError(
    'target-in-use',
    `The collection ${other.collection} of ${display} was claimed by another run since this one was planned`,
    { hint: 'Start again: nothing was written' },
  );
}
