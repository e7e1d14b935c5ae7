import type { KeptUnique } from '../../contract/uniqueIndexes.ts';
import { mongoIndexName } from '../../mongoIndexName.ts';
import type { CollectionDefinition, IndexDefinition } from './layout.ts';

/** The definition with those of its unique indexes made plain that are not to be kept as such. */
export function withUniqueIndexes(definition: CollectionDefinition, kept: KeptUnique): CollectionDefinition {
  if (kept === 'all' || !definition.indexes.some(({ isUnique }) => isUnique)) return definition;
  const isKept = (index: IndexDefinition) =>
    !index.isUnique || (kept === 'beside-key' && !isImplied(index, definition.shardKey));
  return { ...definition, indexes: definition.indexes.map((index) => (isKept(index) ? index : madePlain(index))) };
}

/** Can no two documents have the same values in the index, as they would have the same `_id`? In a sharded collection that is unique for one value of the shard key only. */
function isImplied({ holdsKey, keys }: IndexDefinition, shardKey: string | undefined): boolean {
  if (holdsKey !== true) return false;
  return shardKey === undefined || shardKey === '_id' || keys.some(([field]) => field === shardKey);
}

/**
 * An index that has a name of its own is one that the layout's reader asks for by it, as unique, when it opens the database: a plain
 * one of that name would be refused to it, so this one goes by the name that MongoDB gives.
 */
function madePlain({ keys, name }: IndexDefinition): IndexDefinition {
  const plainOf = mongoIndexName({ keys, ...(name === undefined ? {} : { name }) });
  return { keys, isUnique: false, plainOf };
}
