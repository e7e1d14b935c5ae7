import type { Document } from 'mongodb';
import type { IndexDefinition } from '../mlflow/layouts/layout.ts';
import { CODE, serverErrorCode } from './failureKind.ts';
import { type IndexSpec, sameKeys, specOf } from './indexes.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { targetError } from './targetError.ts';
import type { TargetTraits } from './targetTraits.ts';

/**
 * Drops the indexes that an earlier run has made unique where they are to be plain now, or plain where they are to be unique: no server
 * changes an index in place, and by its name the old one would keep the new one from being made. Told by keys and name together, so
 * that an index of somebody else stays. For collections that hold this migration's documents alone.
 */
export async function dropOutdatedIndexes(
  target: TargetDatabase,
  traits: TargetTraits,
  collection: string,
  indexes: readonly IndexDefinition[],
): Promise<void> {
  // Request units make no index unique that comes later: what stands is better than what could be made.
  if (traits.isCharged || !indexes.some(({ isUnique, plainOf }) => isUnique || plainOf !== undefined)) return;
  try {
    for (const index of (await presentIndexes(target, collection)).filter((found) =>
      isOutdated(found, indexes, traits),
    )) {
      await target.limits.within(() => target.db.collection(collection).dropIndex(String(index['name'])));
    }
  } catch (error) {
    const code = serverErrorCode(error);
    if (code !== CODE.namespaceNotFound && code !== CODE.indexNotFound) throw targetError(error, target.display);
  }
}

/** None where the user may not ask for them: what stands stays then, and the check of indexes says that it could not look. */
async function presentIndexes(target: TargetDatabase, collection: string): Promise<Document[]> {
  try {
    return await target.limits.within(() => target.db.collection(collection).listIndexes().toArray());
  } catch (error) {
    if (serverErrorCode(error) === CODE.unauthorized) return [];
    throw error;
  }
}

function isOutdated(found: Document, indexes: readonly IndexDefinition[], traits: TargetTraits): boolean {
  const isUnique = found['unique'] === true;
  return indexes.some((index) => {
    const spec: IndexSpec = specOf(index, traits);
    if (!sameKeys(found['key'], spec.key) || (spec.unique === true) === isUnique) return false;
    // A plain one that stands for a unique one with a name of its own goes by the name that MongoDB gives.
    const plainNames = [spec.name, specOf({ keys: index.keys, isUnique: false }, traits).name];
    return isUnique ? found['name'] === index.plainOf : plainNames.includes(String(found['name']));
  });
}
