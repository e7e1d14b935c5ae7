import { bsonElements } from '../encoding/bsonElements.ts';

/** Documents as BSON bytes, and whether they are the whole answer. */
export interface FoundDocuments {
  readonly documents: readonly Buffer[];
  /** False where a reply could not hold all: a server cuts at 16 MB, request units at 4 MB. */
  readonly isWhole: boolean;
}

/** The documents of a cursor's first batch. */
export function firstBatch(cursor: Buffer): FoundDocuments {
  let documents: Buffer[] = [];
  let isWhole = false;
  for (const element of bsonElements(cursor)) {
    if (element.name === 'firstBatch') documents = Array.from(bsonElements(element.value), ({ value }) => value);
    else if (element.name === 'id') isWhole = element.value.every((byte) => byte === 0);
  }
  return { documents, isWhole };
}
