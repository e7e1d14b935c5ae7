import type { FindVanishedInput, VanishedCount, VanishedFound, VanishedKeys } from '../contract/steps/findVanished.ts';
import { VANISHED } from '../contract/storedVanished.ts';
import type { TableFailure } from '../contract/unit.ts';
import type { Problem } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { inParallel } from '../runtime/inParallel.ts';
import { putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { readPosition } from '../source/readPosition.ts';
import { isOneWrittenLater, notBrought, sinceBrought } from '../target/laterWrites.ts';
import { MARKER_COLLECTION, readOwnership } from '../target/ownership.ts';
import { rememberBrought } from '../target/runClaims.ts';
import { findExtraIds } from '../validation/findExtraIds.ts';
import { batchLimits } from './shared/batchLimits.ts';
import { countChanged } from './shared/countChanged.ts';
import { failAlone } from './shared/failAlone.ts';
import { readNewest } from './shared/readNewest.ts';
import { useEnds } from './shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 3;

/**
 * Looks for documents whose row vanished from the source, and deletes none: their number is known before the first of them
 * goes. Ids are compared only where the numbers say that there may be such documents: more than rows that must have one. Rows
 * written meanwhile may hide some, which the last pass looks for, and rows that could not be written hide some always.
 * Collections that hold other data are left out: whose a document is cannot be told there. Throws `target-not-empty` where
 * one of the documents was written there since, and not brought by a migration.
 */
export async function findVanished(
  services: Services,
  input: FindVanishedInput,
  signal: AbortSignal,
): Promise<VanishedFound> {
  const { plan, layout } = await services.planned(input.id, input.planStamp);
  return await useEnds(services, input, plan, signal, async ({ source, target, traits, lease, shared, access }) => {
    if (lease !== null) {
      await access({ collection: MARKER_COLLECTION }).command(1, () => lease.confirm());
    }
    const wanted = layout.collections
      .map((definition, index) => ({ definition, index }))
      .slice(input.from, input.to)
      .filter(({ definition }) => !input.skip.includes(definition.table) && !shared.has(definition.collection));
    const { laterWrites: later } = layout;
    const names = new Set(wanted.map(({ definition }) => definition.collection));
    const questions = layout.newest.filter(({ collection }) => names.has(collection));
    const ownership = await readOwnership(target);
    const newest = sinceBrought(await readNewest(source, { newest: questions }), ownership);
    if (input.writer !== null) {
      await rememberBrought(target, input.writer, { newest, reached: await readPosition(source) });
    }
    const found: Record<string, VanishedCount> = {};
    const failures: TableFailure[] = [];
    const keys: VanishedKeys[] = [];
    const look = async (definition: CollectionDefinition, collection: number) => {
      const documentsOf = access(definition);
      const documents = await documentsOf.countAll();
      const rows = await countChanged(source, definition, input.since);
      const isComplete = !input.incomplete.includes(definition.table);
      const atLeast = input.isLast ? rows.all - rows.changed : rows.all;
      if (isComplete && documents <= atLeast) return;
      const vanished = await findExtraIds(
        source,
        documentsOf,
        definition,
        batchLimits(input.request.batchSize, traits),
      );
      if (vanished.length === 0) return;
      const { collection: name } = definition;
      if (input.writer !== null && (await isOneWrittenLater(target, name, vanished, later, newest, signal))) {
        throw notBrought(target.display, name);
      }
      keys.push({ collection, table: definition.table, keys: vanished });
      const before = found[definition.table] ?? { documents: 0, vanished: 0 };
      found[definition.table] = {
        documents: before.documents + documents,
        vanished: before.vanished + vanished.length,
      };
    };
    await inParallel(wanted, COLLECTIONS_AT_ONCE, async ({ definition, index }) => {
      // What a table that cannot be looked through may hold is said to be unchecked.
      const fail = (problem: Problem) => failures.push({ table: definition.table, problem });
      await failAlone(signal, () => look(definition, index), fail, ['target-not-empty']);
    });
    await putRecord(services.blobs, blobPaths.vanished(input.id, input.from), VANISHED, { collections: keys });
    return { found, failures };
  });
}
