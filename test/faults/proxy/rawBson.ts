/** One element of a raw BSON document: its name, type byte, and where element and value lie in the buffer. */
export interface RawElement {
  readonly name: string;
  readonly type: number;
  /** Offset of the type byte. */
  readonly start: number;
  /** Offset of the value. */
  readonly valueStart: number;
  /** Offset behind the value. */
  readonly end: number;
}

const FIXED_SIZES: Readonly<Record<number, number>> = {
  1: 8, // double
  6: 0, // undefined
  7: 12, // ObjectId
  8: 1, // boolean
  9: 8, // date
  10: 0, // null
  16: 4, // int32
  17: 8, // timestamp
  18: 8, // int64
  19: 16, // decimal128
  127: 0, // max key
  255: 0, // min key
};

/** The elements of a raw BSON document, without decoding any value. Throws on bytes that are no BSON. */
export function* elementsOf(document: Buffer): Generator<RawElement> {
  let at = 4;
  const end = document.readInt32LE(0) - 1;
  while (at < end) {
    const start = at;
    const type = document.readUInt8(at);
    const nameEnd = document.indexOf(0, at + 1);
    const name = document.toString('utf8', at + 1, nameEnd);
    const valueStart = nameEnd + 1;
    at = valueStart + valueSize(document, type, valueStart);
    yield { name, type, start, valueStart, end: at };
  }
}

function valueSize(document: Buffer, type: number, at: number): number {
  const fixed = FIXED_SIZES[type];
  if (fixed !== undefined) return fixed;
  switch (type) {
    case 2: // string
    case 13: // JavaScript
    case 14: // symbol
      return 4 + document.readInt32LE(at);
    case 3: // document
    case 4: // array
    case 15: // JavaScript with scope
      return document.readInt32LE(at);
    case 5: // binary
      return 5 + document.readInt32LE(at);
    case 11: // regular expression: two C strings
      return document.indexOf(0, document.indexOf(0, at) + 1) + 1 - at;
    case 12: // DBPointer
      return 4 + document.readInt32LE(at) + 12;
    default:
      throw new Error(`Unknown BSON type ${type}`);
  }
}

/** The value of a top-level field as type byte and bytes: equal for equal values. Undefined where there is no such field. */
export function rawField(document: Buffer, name: string): Buffer | undefined {
  for (const element of elementsOf(document)) {
    if (element.name !== name) continue;
    return Buffer.concat([Buffer.of(element.type), document.subarray(element.valueStart, element.end)]);
  }
  return undefined;
}

/** The documents in a raw BSON array, in order. */
export function rawItems(array: Buffer): Buffer[] {
  return [...elementsOf(array)].map((element) => array.subarray(element.valueStart, element.end));
}

/** A raw document with only those elements that `keep` wants. */
export function withElements(document: Buffer, keep: (element: RawElement) => boolean): Buffer {
  const parts: Buffer[] = [];
  for (const element of elementsOf(document)) {
    if (keep(element)) parts.push(document.subarray(element.start, element.end));
  }
  const inner = Buffer.concat(parts);
  const result = Buffer.alloc(inner.length + 5);
  result.writeInt32LE(result.length, 0);
  inner.copy(result, 4);
  return result;
}
