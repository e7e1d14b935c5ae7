import { type DocumentBatch, documentAt, documentStart, idKey, OBJECT_ID_TYPE, STRING_TYPE } from './documentBatch.ts';

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
export function compareIds(bytes: Buffer, start: number, others: Buffer, otherStart: number): number {
  const [from, to] = idSpan(bytes, start);
  const [otherFrom, otherTo] = idSpan(others, otherStart);
  return bytes.compare(others, otherFrom, otherTo, from, to);
}

/** The first two bytes of a document's ObjectId, as a number. */
export function idHead(document: Buffer): number {
  return document.readUInt16BE(OBJECT_ID_AT);
}

/** Positions of a batch's documents in the order of their `_id`s; null where these are not of one type, and where there are none. */
export function idOrder(batch: DocumentBatch): readonly number[] | null {
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

/** `idKey`s of the first and the last document of a batch in that order. */
export function idBounds(batch: DocumentBatch, order: readonly number[]): readonly [low: string, high: string] {
  const keyAt = (index: number | undefined) => idKey(documentAt(batch, index as number));
  return [keyAt(order[0]), keyAt(order.at(-1))];
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
