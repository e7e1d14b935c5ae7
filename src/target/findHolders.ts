import { BSON, type Document } from 'mongodb';
import { idKey } from '../encoding/documentBatch.ts';
import type { DocumentAccess } from './documentAccess.ts';
import type { IndexSpec } from './indexes.ts';
import { EXACT, isIndexed, valuesFilter, valuesOf } from './uniqueValues.ts';

/** A document that has a value which another one must get. */
export interface Holder {
  /** {@link idKey} of the document. */
  readonly key: string;
  readonly id: unknown;
  readonly document: Document;
  readonly spec: IndexSpec;
}

/** Documents whose values one question names. */
const HOLDERS_STEP = 50;

/** Who has the unique values of each document, by the document's position. */
export async function findHolders(
  access: DocumentAccess,
  documents: readonly Buffer[],
  specs: readonly IndexSpec[],
): Promise<Holder[][]> {
  const holders: Holder[][] = documents.map(() => []);
  if (specs.length === 0) return holders;
  const fields = new Set(specs.flatMap(({ key }) => Object.keys(key)));
  if (access.shardKey !== null) fields.add(access.shardKey);
  const projection = Object.fromEntries([...fields, '_id'].map((field) => [field, 1]));
  for (let start = 0; start < documents.length; start += HOLDERS_STEP) {
    const wanted = new Map<string, { position: number; key: string }[]>();
    const filters: Document[] = [];
    documents.slice(start, start + HOLDERS_STEP).forEach((bytes, offset) => {
      const document = BSON.deserialize(bytes, EXACT);
      for (const spec of specs) {
        if (!isIndexed(document, spec)) continue;
        filters.push(valuesFilter(document, spec));
        const values = valuesOf(document, spec);
        const others = wanted.get(values) ?? [];
        wanted.set(values, [...others, { position: start + offset, key: idKey(bytes) }]);
      }
    });
    if (filters.length === 0) continue;
    const found = await access.read(filters.length, 1, (db) =>
      db
        .collection(access.collection)
        .find({ $or: filters }, { projection, batchSize: filters.length + 1, ...EXACT })
        .toArray(),
    );
    for (const document of found) {
      const key = keyOf(document);
      for (const spec of specs) {
        if (!isIndexed(document, spec)) continue;
        for (const want of wanted.get(valuesOf(document, spec)) ?? []) {
          if (want.key !== key) holders[want.position]?.push({ key, id: document['_id'], document, spec });
        }
      }
    }
  }
  return holders;
}

/** {@link idKey} of a document that was read as an object. */
export function keyOf(document: Document): string {
  return idKey(Buffer.from(BSON.serialize({ _id: document['_id'] })));
}
