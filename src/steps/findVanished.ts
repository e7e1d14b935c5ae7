import type {
  FindVanishedInput,
  LookPosition,
  VanishedCount,
  VanishedFound,
  VanishedKeys,
} from '../contract/steps/findVanished.ts';
import { VANISHED } from '../contract/storedVanished.ts';
import type { TableFailure } from '../contract/unit.ts';
import { idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { inParallel } from '../runtime/inParallel.ts';
import { putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import type { BatchLimits } from '../source/batcher.ts';
import { readPosition } from '../source/readPosition.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import { countAll } from '../target/countAll.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { isOneWrittenLater, notBrought, sinceBrought } from '../target/laterWrites.ts';
import { MARKER_COLLECTION, readOwnership } from '../target/ownership.ts';
import { rememberBrought } from '../target/runClaims.ts';
import { scanCollection } from '../target/scanCollection.ts';
import { findExtraIds } from '../validation/findExtraIds.ts';
import { keyProjection, rowlessDocuments } from '../validation/rowlessDocuments.ts';
import { batchLimits } from './shared/batchLimits.ts';
import { countChanged } from './shared/countChanged.ts';
import { failAlone } from './shared/failAlone.ts';
import { readNewest } from './shared/readNewest.ts';
import { useEnds } from './shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 3;
/** Found ones that one look keeps, and one step deletes: some minutes' work for a small account with request units. */
const MOST_AT_ONCE = 20_000;

/**
 * Looks for documents whose row vanished from the source, and deletes none: their number is known before the first of them
 * goes. It looks through a collection only where the numbers say that there may be such documents, as there are more than rows that
 * must have one; page by page, so that one step ends in its time and the next one goes on. Rows written meanwhile may hide some, which the last pass looks for, and rows that could not be written hide some always.
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
    const mayLookAt = ({ table, collection }: CollectionDefinition) =>
      !input.skip.includes(table) && !shared.has(collection);
    const wanted = layout.collections
      .map((definition, index) => ({ definition, index }))
      .slice(input.from, input.to)
      .filter(({ definition, index }) => index >= (input.after?.collection ?? 0) && mayLookAt(definition));
    const limits = batchLimits(input.request.batchSize, traits);
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
    const suspects: Suspect[] = [];
    // What a table that cannot be looked through may hold is said to be unchecked.
    const alone = (table: string, look: () => Promise<void>) =>
      failAlone(signal, look, (problem) => failures.push({ table, problem }), ['target-not-empty']);
    await inParallel(wanted, COLLECTIONS_AT_ONCE, async ({ definition, index }) => {
      await alone(definition.table, async () => {
        const documents = await countAll(access(definition));
        const rows = await countChanged(source, definition, input.since);
        const isComplete = !input.incomplete.includes(definition.table);
        const atLeast = input.isLast ? rows.all - rows.changed : rows.all;
        const isBegun = input.after?.collection === index;
        if (isBegun || !isComplete || documents > atLeast)
          suspects.push({ definition, index, documents, rows: rows.all });
      });
    });
    const isOver = services.shift.begin();
    let next: LookPosition | null = null;
    for (const { definition, index, documents, rows } of suspects.sort((one, other) => one.index - other.index)) {
      const { collection, table } = definition;
      await alone(table, async () => {
        const before = input.after?.collection === index ? input.after : null;
        const look = await lookThrough({ source, access: access(definition), definition, limits, isOver }, before);
        const { vanished, last } = look;
        const count = (before?.found ?? 0) + vanished.length;
        if (last !== null) next = { looks: (input.after?.looks ?? 0) + 1, collection: index, id: last, found: count };
        // Somebody may have put documents there whose content is another one's: they are told by their `_id`s alone.
        else if (definition.rowKey !== undefined && documents - count > rows) {
          const ids = await findExtraIds(source, access(definition), definition, limits);
          const known = new Set(vanished);
          for (const id of ids) if (!known.has(id)) vanished.push(id);
        }
        if (vanished.length === 0) return;
        if (input.writer !== null && (await isOneWrittenLater(target, collection, vanished, later, newest, signal))) {
          throw notBrought(target.display, collection);
        }
        keys.push({ collection: index, table, keys: vanished });
        const counted = found[table] ?? { documents: 0, vanished: 0 };
        found[table] = {
          documents: counted.documents + (before === null ? documents : 0),
          vanished: counted.vanished + vanished.length,
        };
      });
      if (next !== null) break;
    }
    const place = blobPaths.vanished(input.id, `${input.from}-${input.after?.looks ?? 0}`);
    await putRecord(services.blobs, place, VANISHED, { collections: keys });
    return { found, failures, ...(next === null ? {} : { next }) };
  });
}

/** A collection that may have documents without a row. */
interface Suspect {
  readonly definition: CollectionDefinition;
  readonly index: number;
  readonly documents: number;
  readonly rows: number;
}

interface Look {
  readonly source: SourceDatabase;
  readonly access: DocumentAccess;
  readonly definition: CollectionDefinition;
  readonly limits: BatchLimits;
  readonly isOver: () => boolean;
}

/**
 * Documents without a row, from where the look before stopped. `last` is where this one did, null where it came to the end. Where rows
 * are not found by what documents hold, the whole collection is looked through at once.
 */
async function lookThrough(
  { source, access, definition, limits, isOver }: Look,
  before: LookPosition | null,
): Promise<{ readonly vanished: string[]; readonly last: string | null }> {
  const { rowKey } = definition;
  if (rowKey === undefined) {
    return { vanished: await findExtraIds(source, access, definition, limits), last: null };
  }
  const vanished: string[] = [];
  for await (const page of scanCollection(access, keyProjection(rowKey), before?.id ?? null)) {
    for (const id of await rowlessDocuments(source, definition, rowKey, page)) vanished.push(id);
    if (vanished.length >= MOST_AT_ONCE || isOver()) return { vanished, last: idKey(page.at(-1) as Buffer) };
  }
  return { vanished, last: null };
}
