import { bsonElements } from './bsonElements.ts';
import { BSON_TYPE } from './bsonWriter.ts';
import { pythonFloat } from './pythonFloat.ts';
import { ValueFault } from './valueFault.ts';

/** What JSON has to escape; and everything beyond ASCII as well. */
const ESCAPED = /["\\\p{Cc}]/gu;
const ESCAPED_TO_ASCII = /[^ !#-[\]-~]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** How a value is spelt that may be spelt in several ways. */
export interface JsonSpelling {
  /** Are keys put in one order, for comparing? */
  readonly isSorted: boolean;
  /** Is everything beyond ASCII escaped, as Python does unless it is told otherwise? */
  readonly isAscii: boolean;
  /** Are NaN and infinities spelt as Python does, which JSON has not? */
  readonly isPython?: boolean;
}

/**
 * A document or array as JSON text, spelt as Python's `json.dumps` does it, by which MLflow writes: `writeJson` makes the same
 * value of it again. Throws {@link ValueFault} for what JSON has not.
 */
export function bsonToJson(type: number, value: Buffer, spelling: JsonSpelling): string {
  switch (type) {
    case BSON_TYPE.document: {
      const members = [...bsonElements(value)].map(
        (element) => [fieldText(element.name), bsonToJson(element.type, element.value, spelling)] as const,
      );
      if (spelling.isSorted) members.sort(([one], [other]) => (one < other ? -1 : 1));
      return `{${members.map(([key, text]) => `${quoted(key, spelling)}: ${text}`).join(', ')}}`;
    }
    case BSON_TYPE.array:
      return `[${[...bsonElements(value)].map((element) => bsonToJson(element.type, element.value, spelling)).join(', ')}]`;
    case BSON_TYPE.string:
      return quoted(stringValue(value), spelling);
    case BSON_TYPE.int32:
      return String(value.readInt32LE(0));
    case BSON_TYPE.int64:
      return String(value.readBigInt64LE(0));
    case BSON_TYPE.double: {
      const number = value.readDoubleLE(0);
      if (spelling.isPython !== true && !Number.isFinite(number))
        throw new ValueFault('JSON has no NaN and no infinity');
      return pythonFloat(number);
    }
    case BSON_TYPE.bool:
      return value[0] === 0 ? 'false' : 'true';
    case BSON_TYPE.null:
      return 'null';
    default:
      throw new ValueFault('it holds a type that JSON has not');
  }
}

/** The text of a BSON string's value. */
export function stringValue(value: Buffer): string {
  return value.toString('utf8', 4, 4 + value.readInt32LE(0) - 1);
}

/** The name of an element, which is read as latin1. */
export function fieldText(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

function quoted(text: string, { isAscii }: JsonSpelling): string {
  const escaped = (character: string) =>
    SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `"${text.replace(isAscii ? ESCAPED_TO_ASCII : ESCAPED, escaped)}"`;
}
