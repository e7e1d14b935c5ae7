import type { Document } from 'mongodb';
import { type ErrorKind, MigrationError } from '../errors.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { LOWEST_IDS, OF_OTHER_TYPES } from './idTypes.ts';
import { NoAnswerInTime } from './requestLimits.ts';
import { scanCollection } from './scanCollection.ts';

/** What another way of counting does not help against. */
const NO_CURE: ReadonlySet<ErrorKind> = new Set(['interrupted', 'target-in-use', 'target-unreachable', 'config']);
/** Documents that one command counts of many: seconds of a small server's time. */
const PAGE_DOCUMENTS = 1_000_000;

/**
 * How many documents the collection holds. Counted, not taken from its statistics: these may be wrong after a crash. What the target
 * does not count at once, as that takes too long or costs more than one request may, is counted page by page.
 */
export async function countAll(access: DocumentAccess, pageDocuments = PAGE_DOCUMENTS): Promise<number> {
  return (await countAtOnce(access)) ?? (await countByPages(access, pageDocuments));
}

/** Null where the target does not count them all by one command. */
async function countAtOnce(access: DocumentAccess): Promise<number | null> {
  const { target, collection } = access;
  const count = async () => {
    try {
      return await target.limits.within((signal) =>
        target.db.collection(collection).countDocuments({}, { hint: '_id_', signal }),
      );
    } catch (error) {
      if (error instanceof NoAnswerInTime) return null;
      throw error;
    }
  };
  try {
    return await access.command(1, count);
  } catch (error) {
    if (!(error instanceof MigrationError) || NO_CURE.has(error.kind)) throw error;
    return null;
  }
}

async function countByPages(access: DocumentAccess, pageDocuments: number): Promise<number> {
  let documents = 0;
  if (access.traits.isCharged) {
    // There a group is as dear as its documents, and one that is refused is lost: pages of ids are small.
    for await (const page of scanCollection(access, { _id: 1 })) documents += page.length;
    return documents;
  }
  for (const lowest of LOWEST_IDS) {
    let filter: Document = { _id: { $gte: lowest } };
    for (;;) {
      const { count, last } = await countPage(access, filter, pageDocuments);
      documents += count;
      if (count < pageDocuments) break;
      filter = { _id: { $gt: last } };
    }
  }
  const foreign = await countPage(access, OF_OTHER_TYPES, Number.MAX_SAFE_INTEGER);
  return documents + foreign.count;
}

async function countPage(
  access: DocumentAccess,
  filter: Document,
  limit: number,
): Promise<{ readonly count: number; readonly last: unknown }> {
  const { target, collection } = access;
  const pipeline = [
    { $match: filter },
    { $sort: { _id: 1 } },
    { $limit: limit },
    { $group: { _id: null, count: { $sum: 1 }, last: { $last: '$_id' } } },
  ];
  const [page] = await access.command(1, () =>
    target.limits.within((signal) => target.db.collection(collection).aggregate(pipeline, { signal }).toArray()),
  );
  return { count: Number(page?.['count'] ?? 0), last: page?.['last'] };
}
