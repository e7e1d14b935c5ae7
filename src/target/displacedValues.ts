import { randomUUID } from 'node:crypto';
import { BSON, type Document } from 'mongodb';
import type { IndexDefinition } from '../mlflow/layouts/layout.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { type Holder, keyOf } from './findHolders.ts';
import { type IndexSpec, uniqueSpecs } from './indexes.ts';
import { EXACT, valuesFilter, valuesOf } from './uniqueValues.ts';

/** A document that gave a unique value up for another one, and was not written with its row's values since. */
export interface DisplacedDocument {
  /** `idKey` (src/encoding/documentBatch.ts) of the document. */
  readonly key: string;
  /** Key for people of the document that has the value now. */
  readonly to: string;
  readonly index: string;
}

/** Begins what stands for a value that was given up: a range of the index, so that such documents are found at no cost. */
const PLACEHOLDER = 'mlflow-migrate gave this value to another row ';
const PLACEHOLDER_END = `${PLACEHOLDER.slice(0, -1)}!`;
/** Field of a displaced document that says who has its value. Whoever writes the document whole removes it. */
const DISPLACED_BY = '_mlflow_migrate_displaced_by';

/** Displaced documents that are listed. */
const MAX_LISTED = 50;

/** Makes holders give up their values; `by` is the key for people of the document that gets it. What the target refuses keeps its value. */
export async function displace(
  access: DocumentAccess,
  displaced: readonly { holder: Holder; by: string }[],
): Promise<void> {
  const { shardKey } = access;
  const updates: { q: Document; u: Document }[] = [];
  for (const { holder, by } of displaced) {
    const { spec, id, document } = holder;
    const field = fieldToGiveUp(spec, shardKey);
    const placeholder = { [field]: `${PLACEHOLDER}${randomUUID()}`, [DISPLACED_BY]: by };
    if (field === shardKey) {
      await move(access, holder, placeholder);
      continue;
    }
    // Only while it has the value: whoever writes it with its row's own ones meanwhile wins.
    const place = shardKey === null ? {} : { [shardKey]: document[shardKey] ?? null };
    updates.push({ q: { _id: id, ...place, ...valuesFilter(document, spec) }, u: { $set: placeholder } });
  }
  // What is refused here has kept its value, and the document that wants it is refused again.
  await access.update(updates);
}

/**
 * Writes a holder whose only unique field is the shard key, which cannot be changed in place, under another one. Whoever
 * writes it in the moment between is undone, which {@link findDisplaced} shows.
 */
async function move(access: DocumentAccess, holder: Holder, placeholder: Document): Promise<void> {
  const found = await access.findByIds([holder.id]);
  for (const bytes of found.values()) {
    const document = BSON.deserialize(bytes, EXACT);
    if (valuesOf(document, holder.spec) !== valuesOf(holder.document, holder.spec)) continue;
    await access.replace([Buffer.from(BSON.serialize({ ...document, ...placeholder }))]);
  }
}

/** The field of the index that a placeholder goes into: the first that can be changed in place, else the shard key. */
function fieldToGiveUp({ key }: IndexSpec, shardKey: string | null): string {
  const fields = Object.keys(key);
  return fields.find((field) => field !== shardKey) ?? (fields[0] as string);
}

/** Documents of the collection that gave a unique value up and were not written since; at most {@link MAX_LISTED}. */
export async function findDisplaced(
  access: DocumentAccess,
  indexes: readonly IndexDefinition[],
): Promise<DisplacedDocument[]> {
  const found = new Map<string, DisplacedDocument>();
  for (const spec of uniqueSpecs(indexes, access.traits)) {
    const field = fieldToGiveUp(spec, access.shardKey);
    const filter = { [field]: { $gte: PLACEHOLDER, $lt: PLACEHOLDER_END }, [DISPLACED_BY]: { $exists: true } };
    const options = { projection: { _id: 1, [DISPLACED_BY]: 1 }, limit: MAX_LISTED };
    const documents = await access.read(1, 1, (db) => db.collection(access.collection).find(filter, options).toArray());
    for (const document of documents) {
      const key = keyOf(document);
      found.set(key, { key, to: String(document[DISPLACED_BY]), index: spec.name });
    }
  }
  return [...found.values()].slice(0, MAX_LISTED);
}
