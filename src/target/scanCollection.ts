import { type Document, ObjectId } from 'mongodb';
import { idKey } from '../encoding/documentBatch.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { idValue } from './targetDatabase.ts';

const PAGE_DOCUMENTS = 10_000;
/** What one command may cost on a target with request units. */
const PAGE_DOCUMENTS_RU = 1_000;

const LOWEST_STRING = '';
const LOWEST_OBJECT_ID = new ObjectId('0'.repeat(24));

/**
 * Pages of a collection's documents (BSON bytes with the fields of the projection), by type and order of `_id`; from the one after
 * the `idKey` given on, where there is one. Each page is a command of its own, so that a refused or lost one costs a page and not
 * the scan.
 */
export async function* scanCollection(
  access: DocumentAccess,
  projection: Document,
  after: string | null = null,
): AsyncGenerator<Buffer[], void> {
  const { isCharged } = access.traits;
  const limit = isCharged ? PAGE_DOCUMENTS_RU : PAGE_DOCUMENTS;
  const read = (filter: Document) =>
    access.read(limit, 0.1, (db) => access.target.findPage(access.collection, filter, projection, limit, db));
  const begun = after === null ? null : idValue(after);
  // Comparisons stay within one type: every layout's `_id`s are strings or ObjectIds.
  for (const lowest of [LOWEST_STRING, LOWEST_OBJECT_ID]) {
    if (begun instanceof ObjectId && lowest === LOWEST_STRING) continue;
    const isBegun = begun !== null && begun instanceof ObjectId === (lowest === LOWEST_OBJECT_ID);
    let page = await read({ _id: isBegun ? { $gt: begun } : { $gte: lowest } });
    while (page.length > 0) {
      yield page;
      if (page.length < limit) break;
      page = await read({ _id: { $gt: idValue(idKey(page.at(-1) as Buffer)) } });
    }
  }
  if (isCharged) return;
  // What somebody else put here may have any other `_id`.
  const foreign = await read({ _id: { $not: { $type: ['string', 'objectId'] } } });
  if (foreign.length > 0) yield foreign;
}
