import {
  type DocumentBatch,
  documentAt,
  documentStart,
  idKey,
  OBJECT_ID_TYPE,
  STRING_TYPE,
} from '../encoding/documentBatch.ts';
import type { DocumentAccess } from './documentAccess.ts';
import type { FoundSpan } from './driverInternals.ts';

/** Documents of others that may lie between those of a batch, as a share of these and at least. */
const OTHERS_SHARE = 0.25;
const OTHERS = 16;
/** With fewer equal documents than this share, reading a range costs more than asking for each by its `_id`. */
const WORTHWHILE = 0.5;

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
    // In a sharded collection several documents may have one `_id`.
    this.#isWorthwhile = access.traits.readsByRange && access.shardKey === null;
  }

  /** The documents, as positions in the batch in ascending order, of which the target does not hold the same bytes as far as can be told. */
  async findOthers(batch: DocumentBatch): Promise<number[]> {
    const order = this.#isWorthwhile ? idOrder(batch) : null;
    const count = batch.ends.length;
    if (order === null) return Array.from({ length: count }, (_, index) => index);
    const [low, high] = [order[0], order[count - 1]].map((index) => idKey(documentAt(batch, index as number)));
    const limit = count + Math.max(OTHERS, Math.ceil(count * OTHERS_SHARE));
    const found = await this.#access.findBetween(low as string, high as string, limit);
    const isEqual = merge(batch, order, found);
    const others: number[] = [];
    for (let index = 0; index < count; index++) if (isEqual[index] === 0) others.push(index);
    if (others.length > count * (1 - WORTHWHILE)) this.#isWorthwhile = false;
    return others;
  }
}

/** Where the `_id` of a document begins whose `_id` is a string: after its length, the type, `_id` with its zero byte, and the text's length. */
const TEXT_AT = 13;
const OBJECT_ID_AT = 9;
const OBJECT_ID_BYTES = 12;

/** `[start, end]` of the bytes by which documents with such an `_id` are ordered. */
function idSpan(bytes: Buffer, start: number): readonly [start: number, end: number] {
  if (bytes[start + 4] === OBJECT_ID_TYPE) return [start + OBJECT_ID_AT, start + OBJECT_ID_AT + OBJECT_ID_BYTES];
  return [start + TEXT_AT, start + TEXT_AT + bytes.readInt32LE(start + OBJECT_ID_AT) - 1];
}

/** The order of two documents by their `_id`s, which are of one type: as MongoDB orders them, by bytes. */
function compareIds(bytes: Buffer, start: number, others: Buffer, otherStart: number): number {
  const [from, to] = idSpan(bytes, start);
  const [otherFrom, otherTo] = idSpan(others, otherStart);
  return bytes.compare(others, otherFrom, otherTo, from, to);
}

/** Positions of a batch's documents in the order of their `_id`s; null where these are not of one type, and where there are none. */
function idOrder(batch: DocumentBatch): number[] | null {
  const { bytes, ends } = batch;
  const type = bytes[4];
  if (ends.length === 0 || (type !== STRING_TYPE && type !== OBJECT_ID_TYPE)) return null;
  let isOrdered = true;
  for (let index = 1; index < ends.length; index++) {
    const start = documentStart(batch, index);
    if (bytes[start + 4] !== type) return null;
    isOrdered &&= compareIds(bytes, documentStart(batch, index - 1), bytes, start) < 0;
  }
  const order = Array.from(ends, (_end, index) => index);
  if (isOrdered) return order;
  const compare = (one: number, other: number) =>
    compareIds(bytes, documentStart(batch, one), bytes, documentStart(batch, other));
  return type === OBJECT_ID_TYPE && ends.length < MAX_PACKED ? sortPacked(batch, compare) : order.sort(compare);
}

/** Positions that fit beside {@link PACKED_BYTES} of an id in the 53 bits that a number holds exactly. */
const MAX_PACKED = 2 ** 13;
const PACKED_BYTES = 5;

/** Positions by ObjectIds: numbers that begin with an id's first bytes are sorted in a tenth of the time of comparing ids. */
function sortPacked(batch: DocumentBatch, compare: (one: number, other: number) => number): number[] {
  const { bytes, ends } = batch;
  const packed = Float64Array.from(
    ends,
    (_end, index) => bytes.readUIntBE(documentStart(batch, index) + OBJECT_ID_AT, PACKED_BYTES) * MAX_PACKED + index,
  ).sort();
  const order = Array.from(packed, (number) => number % MAX_PACKED);
  // Of those that begin alike the rest decides; they are few, and stand side by side.
  for (let next = 1; next < order.length; next++) {
    const position = order[next] as number;
    let at = next;
    while (at > 0 && compare(order[at - 1] as number, position) > 0) {
      order[at] = order[at - 1] as number;
      at--;
    }
    order[at] = position;
  }
  return order;
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
