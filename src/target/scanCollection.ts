import { type Document, ObjectId } from 'mongodb';
import { idKey } from '../encoding/documentBatch.ts';
import type { DocumentAccess } from './documentAccess.ts';
import type { FoundDocuments } from './driverInternals.ts';
import { LOWEST_IDS, OF_OTHER_TYPES } from './idTypes.ts';
import { idValue } from './idValue.ts';

const PAGE_DOCUMENTS = 10_000;
/** What one command may cost on a target with request units. */
const PAGE_DOCUMENTS_RU = 1_000;

/**
 * Pages of a collection's documents (BSON bytes with the fields of the projection), by type and order of `_id`; from the one after
 * the `idKey` given on, where there is one, and those that match `only`, where it is given. Each page is a command of its own, so that a refused or lost one costs a page and not
 * the scan.
 */
export async function* scanCollection(
  access: DocumentAccess,
  projection: Document,
  after: string | null = null,
  only: Document | null = null,
): AsyncGenerator<readonly Buffer[], void> {
  const { isCharged } = access.traits;
  const limit = isCharged ? PAGE_DOCUMENTS_RU : PAGE_DOCUMENTS;
  const read = async (range: Document): Promise<FoundDocuments> => {
    const filter = only === null ? range : { $and: [range, only] };
    let isWhole = false;
    const documents = await access.read(limit, 0.1, async (db) => {
      const reply = await access.target.findPage(access.collection, filter, projection, limit, db);
      ({ isWhole } = reply);
      return reply.documents;
    });
    return { documents, isWhole };
  };
  const begun = after === null ? null : idValue(after);
  const left = begun instanceof ObjectId ? LOWEST_IDS.slice(1) : [];
  const types = begun === null || typeof begun === 'string' ? LOWEST_IDS : left;
  for (const lowest of types) {
    const isBegun = begun !== null && typeof begun === typeof lowest;
    let page = await read({ _id: isBegun ? { $gt: begun } : { $gte: lowest } });
    while (page.documents.length > 0) {
      const { documents, isWhole } = page;
      yield documents;
      // A reply that is cut is read on from its last `_id` as a full page is: its cursor may be gone.
      if (isWhole && documents.length < limit) break;
      page = await read({ _id: { $gt: idValue(idKey(documents.at(-1) as Buffer)) } });
    }
  }
  if (isCharged) return;
  const foreign = await read(OF_OTHER_TYPES);
  if (foreign.documents.length > 0) yield foreign.documents;
}
