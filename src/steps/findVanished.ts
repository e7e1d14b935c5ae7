import type {
  FindVanishedInput,
  LookPosition,
  VanishedCount,
  VanishedFound,
  VanishedKeys,
} from '../contract/steps/findVanished.ts';
import { EXTRA_SEARCH } from '../contract/storedExtraSearch.ts';
import { VANISHED } from '../contract/storedVanished.ts';
import type { TableFailure } from '../contract/unit.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { inParallel } from '../runtime/inParallel.ts';
import { getRecord, putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { readWord } from '../runtime/storedWord.ts';
import { readPosition } from '../source/readPosition.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import { countAll } from '../target/countAll.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { isOneWrittenLater, notBrought, sinceBrought } from '../target/laterWrites.ts';
import { MARKER_COLLECTION, readOwnership } from '../target/ownership.ts';
import { rememberBrought } from '../target/runClaims.ts';
import { type LookEnd, lookThrough } from '../validation/lookThrough.ts';
import { batchLimits } from './shared/batchLimits.ts';
import { countChanged } from './shared/countChanged.ts';
import { failAlone } from './shared/failAlone.ts';
import { readNewest } from './shared/readNewest.ts';
import { useEnds } from './shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 3;

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
    if (input.leavesToChecks === true) return { found: {}, failures: [] };
    const found: Record<string, VanishedCount> = {};
    const failures: TableFailure[] = [];
    const keys: VanishedKeys[] = [];
    // What a table that cannot be looked through may hold is said to be unchecked.
    const alone = (table: string, look: () => Promise<void>) =>
      failAlone(signal, look, (problem) => failures.push({ table, problem }), ['target-not-empty']);
    const looks = (input.after?.looks ?? 0) + 1;
    const isOver = services.shift.begin();
    const givesWay = async () =>
      input.givesWay === true && (await readWord(services.blobs, input.id)).word === 'cutover';
    /** Where the next look goes on in the collection, null where it was looked through to its end. */
    const look = async (suspect: Suspect, before: LookEnd | null): Promise<LookPosition | null> => {
      const { definition, index, documents } = suspect;
      const { collection, table } = definition;
      const counts = { documents, rows: suspect.rows };
      const searchPlace = blobPaths.vanishedSearch(input.id, index);
      const { vanished, end } = await lookThrough(
        {
          source,
          access: access(definition),
          definition,
          limits,
          // Ranges of the plan have room for every row, also for one that came later.
          ranges: plan.collections[index]?.ranges ?? [{ lower: null, upper: null }],
          ...counts,
          earlier: () => keysFoundBefore(services, input, index),
          readSearch: () => getRecord(services.blobs, searchPlace, EXTRA_SEARCH),
          keepSearch: (search) => putRecord(services.blobs, searchPlace, EXTRA_SEARCH, search),
          isOver,
        },
        before,
      );
      if (vanished.length > 0) {
        if (input.writer !== null && (await isOneWrittenLater(target, collection, vanished, later, newest, signal))) {
          throw notBrought(target.display, collection);
        }
        keys.push({ collection: index, table, keys: vanished });
        const counted = found[table] ?? { documents: 0, vanished: 0 };
        const isFirst = (before?.found ?? 0) === 0;
        found[table] = {
          documents: counted.documents + (isFirst ? documents : 0),
          vanished: counted.vanished + vanished.length,
        };
      }
      return end === null ? null : { looks, collection: index, begun: { ...end, ...counts } };
    };
    let next: LookPosition | null = null;
    let rest: readonly Place[] = wanted;
    const begun = input.after?.begun;
    const [first] = wanted;
    if (begun !== undefined && first?.index === input.after?.collection && first !== undefined) {
      await alone(first.definition.table, async () => {
        next = await look({ ...first, ...begun }, begun);
      });
      rest = wanted.slice(1);
    }
    // Counted a few at a time, when it is their turn: a collection may take many looks.
    while (next === null && rest.length > 0) {
      if (await givesWay()) return { found: {}, failures: [], gaveWay: true };
      const suspects: Suspect[] = [];
      await inParallel(rest.slice(0, COLLECTIONS_AT_ONCE), COLLECTIONS_AT_ONCE, async (place) => {
        await alone(place.definition.table, async () => {
          const suspect = await weigh(source, access(place.definition), place, input);
          if (suspect !== null) suspects.push(suspect);
        });
      });
      for (const suspect of suspects.sort((one, other) => one.index - other.index)) {
        if (await givesWay()) return { found: {}, failures: [], gaveWay: true };
        await alone(suspect.definition.table, async () => {
          next = await look(suspect, null);
        });
        if (next !== null) break;
      }
      rest = rest.slice(COLLECTIONS_AT_ONCE);
      const [following] = rest;
      if (next === null && following !== undefined && isOver()) next = { looks, collection: following.index };
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

/** A collection that may have documents without a row, as far as the numbers of documents and rows say. */
interface Suspect extends Place {
  readonly documents: number;
  readonly rows: number;
}

/** Counts documents and rows of a collection; null where the numbers say that each document has its row. */
async function weigh(
  source: SourceDatabase,
  access: DocumentAccess,
  { definition, index }: Place,
  { since, isLast, incomplete }: FindVanishedInput,
): Promise<Suspect | null> {
  const documents = await countAll(access);
  const { all, changed } = await countChanged(source, definition, since);
  // The last pass may not miss any: rows written meanwhile may hide some.
  const mustHave = isLast ? all - changed : all;
  const mayHaveSome = incomplete.includes(definition.table) || documents > mustHave;
  return mayHaveSome ? { definition, index, documents, rows: all } : null;
}

/** `idKey`s that the looks before have found in a collection. */
async function keysFoundBefore(
  services: Services,
  { id, from, after }: FindVanishedInput,
  index: number,
): Promise<string[]> {
  const found: string[] = [];
  for (let look = 0; look < (after?.looks ?? 0); look++) {
    const record = await getRecord(services.blobs, blobPaths.vanished(id, `${from}-${look}`), VANISHED);
    for (const { collection, keys } of record?.collections ?? []) {
      if (collection === index) for (const key of keys) found.push(key);
    }
  }
  return found;
}
