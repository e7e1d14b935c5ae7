import type { Document } from 'mongodb';
import type { Flavour } from '../contract/flavour.ts';
import type { Ownership } from '../contract/ownership.ts';
import { MigrationError } from '../errors.ts';
import type { KeyedWrites, LaterWrites } from '../mlflow/layouts/layout.ts';
import { retry } from '../retry.ts';
import { LOWEST_IDS } from './idTypes.ts';
import { idValue } from './idValue.ts';
import { AFTER_REFUSALS } from './retryPolicies.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { askTarget } from './targetError.ts';

/**
 * Documents that one command looks at. No index serves most of these questions, so that each costs a scan, which stops at
 * the first find: pages keep a command below a server's time limit (120 s on DocumentDB), and on request units they let a
 * refusal cost a page and not the scan. There a page of small documents takes about 50 to 500 RU, so a collection of a
 * million of them up to half a million RU; the questions are ordered so that the largest collection is asked last.
 */
const PAGE = { ru: 1_000, filter: 100_000, keys: 10_000 } as const;
/**
 * A server of one's own goes over so many documents in a few seconds, in the order in which they lie: a quarter of the time of pages
 * by `_id`.
 */
const MOST_AT_ONCE = 3_000_000;
/**
 * A page, or the parents of one, comes in one reply: of several, each refusal would throw away those that have been paid for, and
 * the page begun again would be refused at the same place.
 */
const ONE_REPLY = 1 + Math.max(PAGE.ru, PAGE.keys);

/** A target that is looked through, until the signal aborts. */
interface Search {
  readonly target: TargetDatabase;
  readonly signal: AbortSignal;
  readonly isCharged: boolean;
  readonly flavour: Flavour;
}

type Asked = Pick<Search, 'target' | 'signal'>;

/** What is asked of one collection: which documents, what of them, and how many. */
interface Question {
  readonly collection: string;
  readonly filter: Document;
  readonly projection: Document;
  readonly skip?: number;
  readonly limit?: number;
  /** May any of them come first? An index may answer then that does not go by `_id`. */
  readonly isUnordered?: true;
}

/** Documents of which it is enough to know that there is one. */
const ANY = { projection: { _id: 1 }, limit: 1 } as const;

/**
 * Collections with documents that no migration has written; on request units, where each question costs, only the first one
 * found. Reads from the primary. Throws target errors and the signal's reason.
 */
export async function collectionsWrittenLater(
  target: TargetDatabase,
  probes: readonly LaterWrites[],
  signal: AbortSignal,
): Promise<string[]> {
  if (probes.length === 0) return [];
  const { isCharged, flavour } = await askTarget(target, () => target.traits());
  const search = { target, signal, isCharged, flavour };
  if (!isCharged) {
    const answers = await Promise.all(probes.map((probe) => isWritten(search, probe)));
    return probes.flatMap(({ collection }, index) => (answers[index] === true ? [collection] : []));
  }
  for (const probe of probes) if (await isWritten(search, probe)) return [probe.collection];
  return [];
}

/** Up to when a source has made what it brought to a collection: whatever is newer there came from elsewhere. */
export interface Newest {
  readonly collection: string;
  readonly field: string;
  readonly isIndexed: boolean;
  readonly value: bigint;
}

/** Collections with documents that are newer than the source's newest. Reads from the primary. Throws target errors and the signal's reason. */
export async function collectionsNewer(
  target: TargetDatabase,
  newest: readonly Newest[],
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  for (const { collection, field, isIndexed, value } of newest) {
    const filter = { [field]: { $gt: value } };
    if (!isIndexed) found.push(...(await collectionsWrittenLater(target, [{ collection, filter }], signal)));
    else if (await hasAny({ target, signal }, { ...ANY, collection, filter, isUnordered: true }))
      found.push(collection);
  }
  return found;
}

/** Has one of these documents been written by the layout's reader, or is it newer than the source's newest? Throws target errors and the signal's reason. */
export async function isOneWrittenLater(
  target: TargetDatabase,
  collection: string,
  keys: readonly string[],
  probes: readonly LaterWrites[],
  newest: readonly Newest[],
  signal: AbortSignal,
): Promise<boolean> {
  const asked = { target, signal };
  const questions: LaterWrites[] = [
    ...probes.filter((probe) => probe.collection === collection),
    ...newest.flatMap(({ field, value, ...of }) =>
      of.collection === collection ? [{ collection, filter: { [field]: { $gt: value } } }] : [],
    ),
  ];
  for (let start = 0; start < keys.length; start += PAGE.ru) {
    const named = { _id: { $in: keys.slice(start, start + PAGE.ru).map(idValue) } };
    for (const probe of questions) {
      if ('filter' in probe) {
        if (await hasAny(asked, { ...ANY, collection, filter: { $and: [named, probe.filter] } })) return true;
      } else {
        const page = await ask(asked, { collection, filter: named, projection: fieldsOf(probe) });
        if (await isOneLater(asked, probe, page)) return true;
      }
    }
  }
  return false;
}

/** The source's newest as far as it was ever seen: what has vanished from it since was brought all the same. */
export function sinceBrought(newest: readonly Newest[], ownership: Ownership | null): Newest[] {
  const before = new Map(ownership?.collections.map((claim) => [claim.name, claim.newest]));
  return newest.map((now) => {
    const value = BigInt(before.get(now.collection) ?? now.value);
    return value > now.value ? { ...now, value } : now;
  });
}

const HINT =
  'Migrate into another database; or pass --yes to write beside what is new: then no document is deleted, but those of the source are overwritten with what it holds';

/** The refusal of a target that its reader has written to. */
export function writtenLater(display: string, collections: readonly string[]): MigrationError {
  return new MigrationError(
    'target-not-empty',
    `MLflow has written to ${display} since it was migrated (to ${collections.join(', ')}): migrating again would undo that`,
    { hint: HINT },
  );
}

/** The refusal to delete what no migration has brought. */
export function notBrought(display: string, collection: string): MigrationError {
  return new MigrationError(
    'target-not-empty',
    `The target ${display} holds documents in ${collection} that no migration of this source has brought, so none is deleted`,
    { hint: HINT },
  );
}

/** The refusal of a target that holds what is newer than the source. */
export function newerThanSource(display: string, collections: readonly string[]): MigrationError {
  const names = collections.join(', ');
  return new MigrationError(
    'target-not-empty',
    `The target ${display} holds ${names} that are newer than the newest of the source: they were written there since it was migrated, and migrating again would undo that`,
    { hint: HINT },
  );
}

async function isWritten(search: Search, probe: LaterWrites): Promise<boolean> {
  if ('filter' in probe && (await isReadAtOnce(search, probe.collection)))
    return await hasAny(search, { ...ANY, collection: probe.collection, filter: probe.filter, isUnordered: true });
  for (const lowest of LOWEST_IDS) {
    const found =
      'filter' in probe
        ? await matchesFilter(search, probe.collection, probe.filter, lowest)
        : await hasOtherKey(search, probe, lowest);
    if (found) return true;
  }
  return false;
}

async function isReadAtOnce({ target, flavour, signal }: Search, collection: string): Promise<boolean> {
  if (flavour !== 'mongodb') return false;
  signal.throwIfAborted();
  const count = () => target.db.collection(collection).estimatedDocumentCount();
  return (await askTarget(target, count, signal)) <= MOST_AT_ONCE;
}

/** Does a document match the filter, of those with an `_id` of one type from `lowest` on? */
async function matchesFilter(search: Search, collection: string, filter: Document, lowest: unknown): Promise<boolean> {
  const size = search.isCharged ? PAGE.ru : PAGE.filter;
  let from: Document = { $gte: lowest };
  for (;;) {
    const [last] = await ask(search, { ...ANY, collection, filter: { _id: from }, skip: size - 1 });
    const bounds = last === undefined ? from : { ...from, $lte: last['_id'] };
    if (await hasAny(search, { ...ANY, collection, filter: { $and: [{ _id: bounds }, filter] } })) return true;
    if (last === undefined) return false;
    from = { $gt: last['_id'] };
  }
}

/** Has a document an `_id` that a migration would have made otherwise? */
async function hasOtherKey(search: Search, probe: KeyedWrites, lowest: unknown): Promise<boolean> {
  const size = search.isCharged ? PAGE.ru : PAGE.keys;
  const { collection } = probe;
  const projection = fieldsOf(probe);
  let from: Document = { $gte: lowest };
  for (;;) {
    const page = await ask(search, { collection, filter: { _id: from }, projection, limit: size });
    if (await isOneLater(search, probe, page)) return true;
    if (page.length < size) return false;
    from = { $gt: page.at(-1)?.['_id'] };
  }
}

/** Is one of the documents written by the reader? They have the fields of {@link fieldsOf}. */
async function isOneLater(asked: Asked, probe: KeyedWrites, page: readonly Document[]): Promise<boolean> {
  const { parent } = probe;
  const parents = new Map<string, Document>();
  if (parent !== undefined && page.length > 0) {
    const ids = [...new Map(page.map((document) => [String(document[parent.field]), document[parent.field]])).values()];
    const projection = projectionOf(parent.fields);
    const found = await ask(asked, { collection: parent.collection, filter: { _id: { $in: ids } }, projection });
    for (const document of found) parents.set(String(document['_id']), document);
  }
  const parentOf = (document: Document) =>
    parent === undefined ? null : (parents.get(String(document[parent.field])) ?? null);
  return page.some((document) => probe.isLater(document, parentOf(document)));
}

function fieldsOf({ fields, parent }: KeyedWrites): Document {
  return projectionOf([...fields, ...(parent === undefined ? [] : [parent.field])]);
}

function projectionOf(fields: readonly string[]): Document {
  return Object.fromEntries(fields.map((field) => [field, 1]));
}

async function hasAny(asked: Asked, question: Question): Promise<boolean> {
  return (await ask(asked, question)).length > 0;
}

/**
 * Documents from the primary, in the order of `_id` unless the question says otherwise; a page that is refused for lack of
 * throughput is asked again when the target says. Throws target errors and the signal's reason.
 */
async function ask({ target, signal }: Asked, question: Question): Promise<Document[]> {
  const { collection, filter, projection, skip = 0, limit = 0, isUnordered } = question;
  const sort = isUnordered === true ? {} : { sort: { _id: 1 } as const };
  const options = { projection, readPreference: 'primary', batchSize: ONE_REPLY, ...sort } as const;
  const find = () => target.db.collection(collection).find(filter, options).skip(skip).limit(limit).toArray();
  signal.throwIfAborted();
  return await retry(AFTER_REFUSALS, () => askTarget(target, find, signal), signal);
}
