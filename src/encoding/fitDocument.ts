import { bsonElements } from './bsonElements.ts';
import { BSON_TYPE } from './bsonWriter.ts';

/** A value that a document goes without. */
export interface LeftValue {
  /** Path of the field, with the places of elements. */
  readonly field: string;
  /** Of its text. */
  readonly bytes: number;
}

/** Stands in a path for every element of an array. */
const ANY_ELEMENT = '#';
/** Bytes of a BSON string beside its text: the length before it and the zero after it. */
const STRING_FRAME = 5;

/**
 * The document with as few of its texts left out as make it fit, null in their place: the largest go first. Null where it does
 * not fit without all of them either. `expendable` are the paths of those that may go, with `#` for any element.
 */
export function fitDocument(
  document: Buffer,
  expendable: readonly string[],
  maxBytes: number,
): { readonly document: Buffer; readonly left: readonly LeftValue[] } | null {
  const texts = expendable
    .flatMap((path) => textsAt(document, { start: 0, path: path.split('.'), field: [], around: [0] }))
    .sort((one, other) => other.length - one.length || one.at - other.at);
  let bytes = document.length;
  const gone: Text[] = [];
  for (const text of texts) {
    if (bytes <= maxBytes) break;
    gone.push(text);
    bytes -= text.length;
  }
  if (bytes > maxBytes) return null;
  gone.sort((one, other) => one.at - other.at);
  const left = gone.map(({ field, length }) => ({ field, bytes: length - STRING_FRAME }));
  return { document: without(document, gone), left };
}

/** A string in a document, by offsets. */
interface Text {
  readonly field: string;
  /** Of its type. */
  readonly at: number;
  readonly value: number;
  readonly length: number;
  /** Where the documents and arrays begin that it stands in. */
  readonly around: readonly number[];
}

/** What is left of a path, in the document or array that begins there. */
interface Step {
  readonly start: number;
  readonly path: readonly string[];
  readonly field: readonly string[];
  readonly around: readonly number[];
}

function textsAt(document: Buffer, { start, path, field, around }: Step): Text[] {
  const [name, ...rest] = path;
  const found: Text[] = [];
  for (const element of bsonElements(document.subarray(start))) {
    if (name !== ANY_ELEMENT && name !== element.name) continue;
    const value = element.value.byteOffset - document.byteOffset;
    const names = [...field, element.name];
    if (element.type === BSON_TYPE.document || element.type === BSON_TYPE.array) {
      if (rest.length > 0) {
        found.push(...textsAt(document, { start: value, path: rest, field: names, around: [...around, value] }));
      }
    } else if (element.type === BSON_TYPE.string && rest.length === 0) {
      const at = value - Buffer.byteLength(element.name, 'latin1') - 2;
      found.push({ field: names.join('.'), at, value, length: element.value.length, around });
    }
  }
  return found;
}

/** A copy of the document with null for each of the texts, which are in their order. */
function without(document: Buffer, texts: readonly Text[]): Buffer {
  const changed = Buffer.from(document);
  const kept: Buffer[] = [];
  let from = 0;
  for (const { at, value, length, around } of texts) {
    changed[at] = BSON_TYPE.null;
    for (const start of around) changed.writeInt32LE(changed.readInt32LE(start) - length, start);
    kept.push(changed.subarray(from, value));
    from = value + length;
  }
  return Buffer.concat([...kept, changed.subarray(from)]);
}
