import { bsonElements } from '../mlflow/bsonElements.ts';

/** The documents of a cursor's first batch as BSON bytes, or null where the batch is not the whole answer. */
export function wholeFirstBatch(cursor: Buffer): Buffer[] | null {
  let documents: Buffer[] | null = null;
  let isWhole = false;
  for (const element of bsonElements(cursor)) {
    if (element.name === 'firstBatch') documents = Array.from(bsonElements(element.value), ({ value }) => value);
    else if (element.name === 'id') isWhole = element.value.every((byte) => byte === 0);
  }
  return isWhole ? documents : null;
}
