import { type Document, ObjectId } from 'mongodb';
import { idKey } from '../encoding/documentBatch.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { idValue } from './targetDatabase.ts';

const PAGE_DOCUMENTS = 10_000;
/** What one command may cost on a target with request units. */
const PAGE_DOCUMENTS_RU = 1_000;

/**
 * Calls `onPage` with pages of a collection's documents (BSON bytes with the fields of the projection), by type and order
 * of `_id`. Each page is a command of its own, so that a refused or lost one costs a page and not the scan.
 */
export async function scanCollection(
  access: DocumentAccess,
  projection: Document,
  onPage: (documents: Buffer[]) => void | Promise<void>,
): Promise<void> {
  const { isCharged } = access.traits;
  const limit = isCharged ? PAGE_DOCUMENTS_RU : PAGE_DOCUMENTS;
  const read = (filter: Document) =>
    access.read(limit, 0.1, (db) => access.target.findPage(access.collection, filter, projection, limit, db));
  // Comparisons stay within one type: every layout's `_id`s are strings or ObjectIds.
  for (const lowest of ['', new ObjectId('0'.repeat(24))]) {
    let page = await read({ _id: { $gte: lowest } });
    while (page.length > 0) {
      await onPage(page);
      if (page.length < limit) break;
      page = await read({ _id: { $gt: idValue(idKey(page.at(-1) as Buffer)) } });
    }
  }
  if (isCharged) return;
  // What somebody else put here may have any other `_id`.
  const foreign = await read({ _id: { $not: { $type: ['string', 'objectId'] } } });
  if (foreign.length > 0) await onPage(foreign);
}
