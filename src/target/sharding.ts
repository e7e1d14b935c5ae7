import { MigrationError, type Problem } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { failureKind, serverErrorCode } from './failureKind.ts';
import { isUniqueHere, uniqueSpecs } from './indexes.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { targetError } from './targetError.ts';
import type { TargetTraits } from './targetTraits.ts';

/** AlreadyInitialized: the collection is sharded, by another key or in another way. */
const ALREADY_SHARDED = 23;

/**
 * What keeps the configured shard keys from being used: a target that cannot shard, a unique index without the key, a
 * collection that stands there sharded otherwise (the key of a collection cannot be changed). `recorded` are the keys that
 * this source's migrations have sharded collections by; `present` are the collections that will stay.
 */
export function shardingProblems(
  definitions: readonly CollectionDefinition[],
  traits: TargetTraits,
  recordedKeys: Readonly<Record<string, string>>,
  present: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  const refuse = (message: string, hint: string) => problems.push({ kind: 'config', message, hint });
  const wanted = definitions.filter(({ shardKey }) => shardKey !== undefined);
  if (wanted.length > 0 && traits.sharding === null) {
    refuse(
      `shard_keys names ${wanted.map(({ collection }) => collection).join(', ')}, but the target is a single MongoDB server or replica set`,
      'Leave migration_settings.shard_keys out, or name a sharded cluster or a Cosmos DB account as the target',
    );
    return problems;
  }
  for (const { collection, shardKey, indexes } of definitions) {
    const broken = shardKey === undefined ? undefined : indexes.find((index) => !allows(index, shardKey, traits));
    if (broken !== undefined) {
      const name = broken.name ?? broken.keys.map(([field]) => field).join(', ');
      refuse(
        `The shard key ${shardKey} of ${collection} does not fit its unique index on ${name}, which must ${traits.sharding === 'ranged' ? 'begin with' : 'contain'} the key`,
        'Choose a field of that index as the shard key, or leave the collection unsharded',
      );
      continue;
    }
    const recorded = recordedKeys[collection];
    if (!present.has(collection) || recorded === shardKey) continue;
    // A cluster shards what stands there, or says itself that it is sharded so: only Cosmos DB has to be asked beforehand.
    if (recorded === undefined && traits.sharding !== 'custom-action') continue;
    const now = recorded === undefined ? 'not sharded' : `sharded by ${recorded}`;
    refuse(
      `The collection ${collection} is in the target already, ${now}, and shard_keys ${shardKey === undefined ? 'does not name it' : `wants ${shardKey}`}`,
      'A shard key cannot be changed: give shard_keys as before, or pass --drop-target to make the collections anew',
    );
  }
  return problems;
}

/** Can a collection with that shard key have the index? Cosmos DB wants the key in each unique index, MongoDB at its beginning. */
function allows(index: CollectionDefinition['indexes'][number], shardKey: string, traits: TargetTraits): boolean {
  if (!isUniqueHere(index, traits)) return true;
  const fields = index.keys.map(([field]) => field);
  return traits.sharding === 'ranged' ? fields[0] === shardKey : fields.includes(shardKey);
}

/**
 * Makes the collection, where it is not there yet, with what cannot be added to it later: its shard key, and on request
 * units its unique indexes, which an account with continuous backup takes with the collection or never
 * (learn.microsoft.com/azure/cosmos-db/continuous-backup-restore-introduction). The commands are those of cosmos-facts.md §8.
 */
export async function ensureMade(
  target: TargetDatabase,
  traits: TargetTraits,
  { collection, shardKey, indexes }: CollectionDefinition,
): Promise<void> {
  const { db } = target;
  const unique = traits.sharding === 'custom-action' ? uniqueSpecs(indexes, traits) : [];
  if (shardKey === undefined && unique.length === 0) return;
  try {
    if (traits.sharding === 'custom-action') {
      const there = await db.listCollections({ name: collection }, { nameOnly: true }).toArray();
      if (there.length > 0) return;
      const all = unique.length === 0 ? {} : { indexes: [{ key: { _id: 1 }, name: '_id_1' }, ...unique] };
      await db.command({ customAction: 'CreateCollection', collection, ...(shardKey && { shardKey }), ...all });
      return;
    }
    if (shardKey === undefined) return;
    const key = { [shardKey]: traits.sharding === 'hashed' ? 'hashed' : 1 };
    await db.admin().command({ shardCollection: `${db.databaseName}.${collection}`, key });
  } catch (error) {
    const code = serverErrorCode(error);
    if (failureKind(error) !== 'permanent') throw targetError(error, target.display);
    // What stands in the way of the indexes alone is told when they are made by the ordinary command, or found missing.
    if (shardKey === undefined) return;
    if (code === null) throw targetError(error, target.display);
    throw new MigrationError(
      'target-refused',
      code === ALREADY_SHARDED
        ? `The collection ${collection} of ${target.display} is already sharded by something other than ${shardKey}`
        : `The target ${target.display} refuses to shard ${collection} by ${shardKey} (code ${code})`,
      {
        hint: 'Give the user the role clusterManager (before MongoDB 6.0, enable sharding for the database first), or shard the empty collection by hand and start again',
        cause: error,
      },
    );
  }
}
