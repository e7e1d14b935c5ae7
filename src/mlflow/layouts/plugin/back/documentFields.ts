import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { ValueFault } from '../../../../encoding/valueFault.ts';
import { itemsOf, textOf } from './returnedFields.ts';
import type { RowValue } from './returning.ts';

/** The texts that an array holds. Throws {@link ValueFault} for items of another type. */
export function textsOf(element: BsonElement | undefined): readonly string[] {
  return itemsOf(element).map((item) => {
    const text = textOf(item);
    if (text === null) throw new ValueFault('one of its items is no text');
    return text;
  });
}

/** A number of any BSON type, as a double; undefined for everything else. */
export function numberOf({ type, value }: BsonElement): number | undefined {
  if (type === BSON_TYPE.double) return value.readDoubleLE(0);
  if (type === BSON_TYPE.int32) return value.readInt32LE(0);
  return type === BSON_TYPE.int64 ? Number(value.readBigInt64LE(0)) : undefined;
}

/** Is it this text? */
export function isText(value: RowValue | undefined, text: string | undefined): boolean {
  return (
    typeof value === 'object' && value !== null && value.type === BSON_TYPE.string && stringValue(value.value) === text
  );
}

/** Is there nothing, or null? */
export function isNothing(
  element: BsonElement | undefined,
): element is undefined | (BsonElement & { readonly type: typeof BSON_TYPE.null }) {
  return element === undefined || element.type === BSON_TYPE.null;
}
