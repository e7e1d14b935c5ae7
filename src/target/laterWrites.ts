import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, ObjectId } from 'mongodb';
import type { KeyedWrites, LaterWrites } from '../mlflow/layouts/layout.ts';
import type { TargetDatabase } from './client.ts';
import { failureKind, targetError, toldWait } from './errors.ts';

/**
 * Documents that one command looks at. No index serves most of these questions, so that each costs a scan, which stops at
 * the first find: pages keep a command below a server's time limit (120 s on DocumentDB), and on request units they let a
 * refusal cost a page and not the scan. There a page of small documents takes about 50 to 500 RU, so a collection of a
 * million of them up to half a million RU; the questions are ordered so that the largest collection is asked last.
 */
const PAGE = { ru: 1_000, filter: 100_000, keys: 10_000 } as const;
/** So long one page that is refused for lack of throughput is asked again. */
const THROTTLED_PATIENCE_MS = 60_000;

/** Every layout's `_id`s are strings or ObjectIds, and comparisons stay within one type. */
const LOWEST_IDS: readonly unknown[] = ['', new ObjectId('0'.repeat(24))];

/** A target that is looked through. */
interface Search {
  readonly target: TargetDatabase;
  readonly isRequestUnits: boolean;
}

/**
 * Collections with documents that no migration has written; on request units, where each question costs, only the first one
 * found. Reads from the primary. Throws target errors.
 */
export async function collectionsWrittenLater(
  target: TargetDatabase,
  probes: readonly LaterWrites[],
): Promise<string[]> {
  if (probes.length === 0) return [];
  try {
    const search = { target, isRequestUnits: (await target.traits()).flavour === 'cosmos-ru' };
    const written: string[] = [];
    for (const probe of probes) {
      if (!(await isWritten(search, probe))) continue;
      written.push(probe.collection);
      if (search.isRequestUnits) break;
    }
    return written;
  } catch (error) {
    throw targetError(error, target.display);
  }
}

async function isWritten(search: Search, probe: LaterWrites): Promise<boolean> {
  for (const lowest of LOWEST_IDS) {
    const found =
      'filter' in probe
        ? await matchesFilter(search, probe.collection, probe.filter, lowest)
        : await hasOtherKey(search, probe, lowest);
    if (found) return true;
  }
  return false;
}

/** Does a document match the filter, of those with an `_id` of one type from `lowest` on? */
async function matchesFilter(search: Search, collection: string, filter: Document, lowest: unknown): Promise<boolean> {
  const size = search.isRequestUnits ? PAGE.ru : PAGE.filter;
  let from: Document = { $gte: lowest };
  for (;;) {
    const [last] = await ask(search, collection, { _id: from }, { _id: 1 }, size - 1, 1);
    const bounds = last === undefined ? from : { ...from, $lte: last['_id'] };
    const [found] = await ask(search, collection, { $and: [{ _id: bounds }, filter] }, { _id: 1 }, 0, 1);
    if (found !== undefined) return true;
    if (last === undefined) return false;
    from = { $gt: last['_id'] };
  }
}

/** Has a document an `_id` that a migration would have made otherwise? */
async function hasOtherKey(search: Search, probe: KeyedWrites, lowest: unknown): Promise<boolean> {
  const size = search.isRequestUnits ? PAGE.ru : PAGE.keys;
  const { collection, parent } = probe;
  const projection = projectionOf([...probe.fields, ...(parent === undefined ? [] : [parent.field])]);
  let from: Document = { $gte: lowest };
  for (;;) {
    const page = await ask(search, collection, { _id: from }, projection, 0, size);
    const parents = new Map<string, Document>();
    if (parent !== undefined && page.length > 0) {
      const ids = [
        ...new Map(page.map((document) => [String(document[parent.field]), document[parent.field]])).values(),
      ];
      const found = await ask(search, parent.collection, { _id: { $in: ids } }, projectionOf(parent.fields), 0, 0);
      for (const document of found) parents.set(String(document['_id']), document);
    }
    const parentOf = (document: Document) =>
      parent === undefined ? null : (parents.get(String(document[parent.field])) ?? null);
    if (page.some((document) => probe.isLater(document, parentOf(document)))) return true;
    if (page.length < size) return false;
    from = { $gt: page.at(-1)?.['_id'] };
  }
}

function projectionOf(fields: readonly string[]): Document {
  return Object.fromEntries(fields.map((field) => [field, 1]));
}

/** Documents in the order of `_id`, from the primary; a page that is refused for lack of throughput is asked again when the target says. `limit` 0 is none. */
async function ask(
  { target }: Search,
  collection: string,
  filter: Document,
  projection: Document,
  skip: number,
  limit: number,
): Promise<Document[]> {
  const begun = performance.now();
  for (let refused = 0; ; refused++) {
    try {
      return await target.db
        .collection(collection)
        .find(filter, { projection, readPreference: 'primary' })
        .sort({ _id: 1 })
        .skip(skip)
        .limit(limit)
        .toArray();
    } catch (error) {
      if (failureKind(error) !== 'throttled' || performance.now() - begun > THROTTLED_PATIENCE_MS) throw error;
      await sleep((toldWait(error) ?? Math.min(2_000, 50 * 2 ** refused)) * (1 + Math.random() / 5) + 1);
    }
  }
}
