import { differenceLine } from '../contract/difference.ts';
import type { DeletedDocuments } from '../contract/facts.ts';
import type { RemoveVanishedInput, VanishedRemoved } from '../contract/steps/removeVanished.ts';
import { DELETED, VANISHED } from '../contract/storedVanished.ts';
import type { TableFailure } from '../contract/unit.ts';
import { showKey } from '../encoding/documentBatch.ts';
import type { Problem } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { getRecord, putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { failAlone } from './shared/failAlone.ts';
import { useEnds } from './shared/useEnds.ts';

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
    for (const { collection, table, keys } of found?.collections ?? []) {
      const definition = layout.collections[collection] as CollectionDefinition;
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
    const step = `${input.step}-${input.from}-${input.look}`;
    if (lines.length > 0) {
      // Named by the step: another delivery of it writes the same again.
      await services.blobs.put(blobPaths.differences(input.id, step), lines.join(''), 'application/x-ndjson');
      await putRecord(services.blobs, blobPaths.deletedBy(input.id, step), DELETED, { tables: removed });
    }
    const counts = Object.fromEntries(Object.entries(removed).map(([table, { count }]) => [table, count]));
    return { removed: counts, failures };
  });
}
