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
import { isKeyed, keyProjection, rowlessDocuments } from '../validation/rowlessDocuments.ts';
import { batchLimits } from './shared/batchLimits.ts';
import { type ChangedCount, countChanged } from './shared/countChanged.ts';
import { failAlone } from './shared/failAlone.ts';
import { readNewest } from './shared/readNewest.ts';
import { useEnds } from './shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 3;
/** Found ones that one look keeps, and one step deletes: some minutes' work for a small account with request units. */
const MOST_AT_ONCE = 20_000;

/**
 * Looks for documents whose row vanished from the source, and deletes none: their number is known before the first of them
 * goes. It looks through a collection only where the numbers say that there may be such documents, as there are more than rows that
 * must have one; page by page, so that one step ends in its time and the next one goes on. Rows written meanwhile may hide some,
 * which the last pass looks for, and rows that could not be written hide some always. Collections that hold other data are left out: whose a document is cannot be told there. Throws `target-not-empty` where
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
    // What a table that cannot be looked through may hold is said to be unchecked.
    const alone = (table: string, look: () => Promise<void>) =>
      failAlone(signal, look, (problem) => failures.push({ table, problem }), ['target-not-empty']);
    const weigh = async ({ definition, index }: Place): Promise<Suspect> => {
      const documents = await countAll(access(definition));
      return { definition, index, documents, rows: await countChanged(source, definition, input.since) };
    };
    const isOver = services.shift.begin();
    /** Where the next look goes on in the collection, null where it was looked through to its end. */
    const look = async (
      { definition, index, documents, rows }: Suspect,
      before: LookPosition | null,
    ): Promise<LookPosition | null> => {
      const { collection, table } = definition;
      const { vanished, last } = await lookThrough(
        { source, access: access(definition), definition, limits, documents, isOver },
        before,
      );
      const count = (before?.found ?? 0) + vanished.length;
      // Somebody may have put documents there whose content is another one's: they are told by their `_id`s alone.
      if (last === null && definition.rowKey !== undefined && documents - count > rows.all) {
        const known = new Set(vanished);
        const extras = await findExtraIds(source, access(definition), definition, limits, documents);
        for (const id of extras) if (!known.has(id)) vanished.push(id);
      }
      if (vanished.length > 0) {
        if (input.writer !== null && (await isOneWrittenLater(target, collection, vanished, later, newest, signal))) {
          throw notBrought(target.display, collection);
        }
        keys.push({ collection: index, table, keys: vanished });
        const counted = found[table] ?? { documents: 0, vanished: 0 };
        found[table] = {
          documents: counted.documents + (before === null ? documents : 0),
          vanished: counted.vanished + vanished.length,
        };
      }
      const looks = (input.after?.looks ?? 0) + 1;
      return last === null ? null : { looks, collection: index, id: last, found: count };
    };
    let next: LookPosition | null = null;
    const [begun, others] = apart(wanted, input.after);
    // The others are not counted before it is their turn: a collection may take many looks.
    if (begun !== null && input.after !== undefined) {
      const { after } = input;
      await alone(begun.definition.table, async () => {
        next = await look(await weigh(begun), after);
      });
    }
    const suspects: Suspect[] = [];
    if (next === null) {
      await inParallel(others, COLLECTIONS_AT_ONCE, async (place) => {
        await alone(place.definition.table, async () => {
          const weighed = await weigh(place);
          if (isSuspect(weighed, input)) suspects.push(weighed);
        });
      });
    }
    for (const suspect of suspects.sort((one, other) => one.index - other.index)) {
      await alone(suspect.definition.table, async () => {
        next = await look(suspect, null);
      });
      if (next !== null) break;
    }
    const place = blobPaths.vanished(input.id, `${input.from}-${input.after?.looks ?? 0}`);
    await putRecord(services.blobs, place, VANISHED, { collections: keys });
    return { found, failures, ...(next === null ? {} : { next }) };
  });
}

/** A collection, by its position in the plan. */
interface Place {
  readonly definition: CollectionDefinition;
  readonly index: number;
}

/** A collection that may have documents without a row. */
interface Suspect extends Place {
  readonly documents: number;
  readonly rows: ChangedCount;
}

/** Has it more documents than rows that must have one, or may some of its rows have none? */
function isSuspect({ definition, documents, rows }: Suspect, { incomplete, isLast }: FindVanishedInput): boolean {
  const atLeast = isLast ? rows.all - rows.changed : rows.all;
  return incomplete.includes(definition.table) || documents > atLeast;
}

/** The collection that the look before stopped in, null where it was the first look; and those after it. */
function apart(wanted: readonly Place[], after: LookPosition | undefined): [Place | null, readonly Place[]] {
  const begun = wanted.find(({ index }) => index === after?.collection) ?? null;
  return [begun, wanted.filter((place) => place !== begun)];
}

interface Look {
  readonly source: SourceDatabase;
  readonly access: DocumentAccess;
  readonly definition: CollectionDefinition;
  readonly limits: BatchLimits;
  readonly documents: number;
  readonly isOver: () => boolean;
}

/**
 * Documents without a row, from where the look before stopped. `last` is where this one did, null where it came to the end. Where rows
 * are not found by what documents hold, the whole collection is looked through at once.
 */
async function lookThrough(
  { source, access, definition, limits, documents, isOver }: Look,
  before: LookPosition | null,
): Promise<{ readonly vanished: string[]; readonly last: string | null }> {
  if (!isKeyed(definition)) {
    return { vanished: await findExtraIds(source, access, definition, limits, documents), last: null };
  }
  const vanished: string[] = [];
  let last: string | null = null;
  for await (const page of scanCollection(access, keyProjection(definition), before?.id ?? null)) {
    // Asked with the next page at hand: ids of other types, which come last, are no place to go on from.
    if (last !== null && (vanished.length >= MOST_AT_ONCE || isOver())) return { vanished, last };
    for (const id of await rowlessDocuments(source, definition, page)) vanished.push(id);
    last = idKey(page.at(-1) as Buffer);
  }
  return { vanished, last: null };
}
