import { type DocumentBatch, documentStart } from '../encoding/documentBatch.ts';
import { compareIds, idBounds, idOrder } from '../encoding/idOrder.ts';
import type { DocumentAccess } from './documentAccess.ts';
import type { FoundSpan } from './driverInternals.ts';

/** Documents of others that may lie between those of a batch, as a share of these and at least. */
const OTHERS_SHARE = 0.25;
const OTHERS = 16;
/** With fewer equal documents than this share, reading a range costs more than asking for each by its `_id`. */
const WORTHWHILE = 0.5;

/** Does reading from one `_id` to another tell the documents between? In a sharded collection several may have one `_id`. */
export function readsInOrder({ traits, shardKey }: Pick<DocumentAccess, 'traits' | 'shardKey'>): boolean {
  return traits.readsByRange && shardKey === null;
}

/**
 * Finds the documents of batches that stand in the target already, byte for byte. It reads what lies between the first and the
 * last `_id` of a batch in one go and merges: half of what a list of `_id`s costs the server, and a third here (docs/performance.md). Of
 * what it does not find nothing is said: that is looked up one by one. Where most of a batch was not found so, as rows do
 * not come in the order of `_id`, or the target writes fields in an order of its own, it is not tried again.
 */
export class EqualDocuments {
  readonly #access: DocumentAccess;
  #isWorthwhile: boolean;

  constructor(access: DocumentAccess) {
    this.#access = access;
    this.#isWorthwhile = readsInOrder(access);
  }

  /** The documents, as positions in the batch in ascending order, of which the target does not hold the same bytes as far as can be told. */
  async findOthers(batch: DocumentBatch): Promise<number[]> {
    const order = this.#isWorthwhile ? idOrder(batch) : null;
    const count = batch.ends.length;
    if (order === null) return Array.from({ length: count }, (_, index) => index);
    const [low, high] = idBounds(batch, order);
    const limit = count + Math.max(OTHERS, Math.ceil(count * OTHERS_SHARE));
    const found = await this.#access.findBetween(low, high, limit);
    const isEqual = merge(batch, order, found);
    const others: number[] = [];
    for (let index = 0; index < count; index++) if (isEqual[index] === 0) others.push(index);
    if (others.length > count * (1 - WORTHWHILE)) this.#isWorthwhile = false;
    return others;
  }
}

/** For each document of the batch 1 where the same bytes were found, 0 where not; both sides come in the order of `_id`. */
function merge(batch: DocumentBatch, order: readonly number[], found: FoundSpan): Uint8Array {
  const { bytes, ends } = batch;
  const isEqual = new Uint8Array(order.length);
  let next = 0;
  for (const start of found.starts) {
    const end = start + found.bytes.readInt32LE(start);
    while (next < order.length) {
      const index = order[next] as number;
      const from = documentStart(batch, index);
      if (bytes.compare(found.bytes, start, end, from, ends[index]) === 0) {
        isEqual[index] = 1;
        next++;
        break;
      }
      const ordered = compareIds(bytes, from, found.bytes, start);
      // What was found belongs to no document of the batch.
      if (ordered > 0) break;
      next++;
      if (ordered === 0) break;
    }
  }
  return isEqual;
}
