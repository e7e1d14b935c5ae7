import { type BsonElement, bsonElements } from '../../../../encoding/bsonElements.ts';
import { fieldText, stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { ValueFault, wrongType } from '../../../../encoding/valueFault.ts';
import type { Fields, ReturnedDocument, ReturnedFault } from './returning.ts';

/** Elements of a document by name. */
export function fieldsOf(document: Buffer): Fields {
  return new Map([...bsonElements(document)].map((element) => [fieldText(element.name), element]));
}

/** Text of a field; null where it is null or not there. Throws {@link ValueFault} for another type. */
export function textOf(element: BsonElement | undefined): string | null {
  if (element === undefined || element.type === BSON_TYPE.null) return null;
  if (element.type !== BSON_TYPE.string) throw wrongType(element.type, 'text');
  return stringValue(element.value);
}

/** Members of an embedded document; none where it is null or not there. Throws {@link ValueFault} for another type. */
export function membersOf(element: BsonElement | undefined): Fields {
  if (element === undefined || element.type === BSON_TYPE.null) return new Map();
  if (element.type !== BSON_TYPE.document) throw new ValueFault('it is no document');
  return fieldsOf(element.value);
}

/** Items of an array; none where it is null or not there. Throws {@link ValueFault} for another type. */
export function itemsOf(element: BsonElement | undefined): readonly BsonElement[] {
  if (element === undefined || element.type === BSON_TYPE.null) return [];
  if (element.type !== BSON_TYPE.array) throw new ValueFault('it is no list');
  return [...bsonElements(element.value)];
}

/** A key with its value, as a list of pairs holds them. */
export interface ReturnedPair {
  readonly key: string;
  readonly value: BsonElement;
}

/** Pairs of a list, whose two names are given; keys are unique in it. Throws {@link ValueFault} where they are not, or where it holds anything else. */
export function pairsOf(
  element: BsonElement | undefined,
  [keyName, valueName]: readonly [string, string],
): readonly ReturnedPair[] {
  const keys = new Set<string>();
  return itemsOf(element).map((item) => {
    const members = membersOf(item);
    const key = textOf(members.get(keyName));
    const value = members.get(valueName);
    if (key === null || value === undefined) throw new ValueFault(`it is no list of ${keyName} and ${valueName}`);
    assertKnown(members, [keyName, valueName]);
    if (keys.has(key)) throw new ValueFault('it has one key twice');
    keys.add(key);
    return { key, value };
  });
}

/** Names of pairs in the collections of the tracking store, and in those of the registry. */
export const TRACKING_NAMES = ['k', 'v'] as const;
export const REGISTRY_NAMES = ['key', 'value'] as const;

/** Throws {@link ValueFault} where a nested document has members that no column takes. */
export function assertKnown(members: Fields, names: readonly string[]): void {
  const unknown = [...members.keys()].filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new ValueFault('its items have more than the plugin writes there');
}

/** A fault for each field of a document that is none of these. */
export function unknownFields({ shown, fields }: ReturnedDocument, names: ReadonlySet<string>): ReturnedFault[] {
  return [...fields.keys()]
    .filter((field) => field !== '_id' && !names.has(field))
    .map((field) => ({ shown, field, reason: 'the table has no such column' }));
}

/** Runs what reads a field; what it throws of the value is a fault of the field, and null is given. */
export function guarded<T>(
  faults: ReturnedFault[],
  { shown }: ReturnedDocument,
  field: string,
  read: () => T,
): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof ValueFault) faults.push({ shown, field, reason: error.message });
    else if (error instanceof TypeError)
      faults.push({ shown, field, reason: 'it holds a type of BSON that no column takes' });
    else throw error;
    return null;
  }
}

/** A fault where a document holds in a field what an earlier release of MLflow has no table for. */
export function homelessFault({ shown }: ReturnedDocument, field: string, what: string): ReturnedFault {
  return { shown, field, reason: `this release of MLflow has no table for ${what}` };
}
