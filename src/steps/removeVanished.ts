import type { StoredDigest, StoredDigests } from '../contract/collectionDigest.ts';
import { differenceLine } from '../contract/difference.ts';
import type { DeletedDocuments } from '../contract/facts.ts';
import type { RemoveVanishedInput, VanishedRemoved } from '../contract/steps/removeVanished.ts';
import { DELETED_DIGESTS } from '../contract/storedDeletedDigests.ts';
import { DELETED, VANISHED } from '../contract/storedVanished.ts';
import type { TableFailure } from '../contract/unit.ts';
import { showKey } from '../encoding/documentBatch.ts';
import type { Problem } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { getRecord, putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { idValue } from '../target/idValue.ts';
import { DigestSum } from '../validation/digestSum.ts';
import { failAlone } from './shared/failAlone.ts';
import { type Ends, useEnds } from './shared/useEnds.ts';

/** Keys of deleted documents that are named in results; all of them stand in the file of differences. */
const MAX_KEYS = 50;

/**
 * Deletes the documents that {@link file://./findVanished.ts} has found, and names each in the file of differences. Before
 * each request it makes sure that this run may still write, that its collections are those that it has claimed, and that no
 * later pass has begun.
 */
export async function removeVanished(
  services: Services,
  input: RemoveVanishedInput,
  signal: AbortSignal,
): Promise<VanishedRemoved> {
  const { plan, layout } = await services.planned(input.id, input.planStamp);
  return await useEnds(services, input, plan, signal, async ({ lease, shared, access }) => {
    const removed: Record<string, DeletedDocuments> = {};
    const failures: TableFailure[] = [];
    const lines: string[] = [];
    const found = await getRecord(
      services.blobs,
      blobPaths.vanished(input.id, `${input.from}-${input.look}`),
      VANISHED,
    );
    const step = `${input.step}-${input.from}-${input.look}`;
    const collections = (found?.collections ?? []).map((one) => ({
      ...one,
      definition: layout.collections[one.collection] as CollectionDefinition,
    }));
    const digestChanges = await digestsToGo(
      services,
      blobPaths.deletedDigests(input.id, step),
      collections.filter(({ definition }) => !shared.has(definition.collection)),
      access,
    );
    for (const { definition, table, keys } of collections) {
      if (shared.has(definition.collection)) continue;
      const guard = async () => await lease?.checkStep(input.step);
      const remove = async () => {
        await access(definition, guard).delete(keys);
        for (const key of keys) lines.push(differenceLine({ table, key: showKey(key), kind: 'extra', deleted: true }));
        const before = removed[table] ?? { count: 0, keys: [] };
        removed[table] = {
          count: before.count + keys.length,
          keys: [...before.keys, ...keys.slice(0, MAX_KEYS).map(showKey)].slice(0, MAX_KEYS),
        };
      };
      const fail = (problem: Problem) => failures.push({ table, problem });
      await failAlone(signal, remove, fail, ['target-in-use', 'config']);
    }
    if (lines.length > 0) {
      // Named by the step: another delivery of it writes the same again.
      await services.blobs.put(blobPaths.differences(input.id, step), lines.join(''), 'application/x-ndjson');
      await putRecord(services.blobs, blobPaths.deletedBy(input.id, step), DELETED, { tables: removed });
    }
    const counts = Object.fromEntries(Object.entries(removed).map(([table, { count }]) => [table, count]));
    return { removed: counts, failures, digestChanges };
  });
}

/** Documents that are read at once before they go. */
const READ_AT_ONCE = 500;

/** What deleting takes from the digests. Kept before the first document goes, as another delivery of the step would not find them. */
async function digestsToGo(
  services: Services,
  place: string,
  collections: readonly { readonly definition: CollectionDefinition; readonly keys: readonly string[] }[],
  access: Ends['access'],
): Promise<StoredDigests> {
  const known = await getRecord(services.blobs, place, DELETED_DIGESTS);
  if (known !== null) return known.digests;
  const digests: Record<string, StoredDigest> = {};
  for (const { definition, keys } of collections) {
    const sum = new DigestSum();
    let documents = 0;
    for (let from = 0; from < keys.length; from += READ_AT_ONCE) {
      const found = await access(definition).findByIds(keys.slice(from, from + READ_AT_ONCE).map(idValue));
      for (const document of found.values()) sum.add(document, -1);
      documents += found.size;
    }
    digests[definition.collection] = [-documents, sum.text()];
  }
  await putRecord(services.blobs, place, DELETED_DIGESTS, { digests });
  return digests;
}
