import { randomUUID } from 'node:crypto';
import { BSON, type Document } from 'mongodb';
import { type DocumentBatch, documentAt, idKey, showKey } from '../encoding/documentBatch.ts';
import type { IndexDefinition } from '../mlflow/layouts/layout.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { CODE } from './errors.ts';
import { type IndexSpec, uniqueSpecs } from './indexes.ts';
import { refusalReason } from './refusalReason.ts';

/** What a writer knows of a collection's unique values. */
export interface UniqueRules {
  /** Indexes of the collection's definition. */
  readonly indexes: readonly IndexDefinition[];
  /**
   * May another document be made to give a value up? Only where all documents are this migration's own, and where every
   * one is compared with its row afterwards, which brings the holder its row's own values.
   */
  readonly mayDisplace: boolean;
}

/** A document that the target did not take. */
export interface RefusedDocument {
  /** Position in the documents that were to be written. */
  readonly index: number;
  /** For a finding: no values. */
  readonly reason: string;
}

/** A document that gave a unique value up for another one, and was not written with its row's values since. */
export interface DisplacedDocument {
  /** {@link idKey} of the document. */
  readonly key: string;
  /** Key for people of the document that has the value now. */
  readonly to: string;
  readonly index: string;
}

/** A document that has a value which another one must get. */
interface Holder {
  readonly key: string;
  readonly id: unknown;
  readonly document: Document;
  readonly spec: IndexSpec;
}

/** Begins what stands for a value that was given up: a range of the index, so that such documents are found at no cost. */
const PLACEHOLDER = 'mlflow-migrate gave this value to another row ';
const PLACEHOLDER_END = `${PLACEHOLDER.slice(0, -1)}!`;
/** Field of a displaced document that says who has its value. Whoever writes the document whole removes it. */
const DISPLACED_BY = '_mlflow_migrate_displaced_by';

/** Writes of a document at most: others that write to the collection meanwhile may take and give up values too. */
const MAX_ROUNDS = 4;
/** Documents whose values one question names. */
const HOLDERS_STEP = 50;
/** Displaced documents that are listed. */
const MAX_LISTED = 50;

/** Types as they stand, so that a filter asks for just what the index holds. */
const EXACT = { promoteValues: false, promoteBuffers: false } as const;

/**
 * Replaces or inserts whole documents, as {@link DocumentAccess.replace} does, also those that want the value of a unique
 * index which another document has: rows of the source have swapped such values, or one has what another gave up. The
 * source's own key says that only one row has the value now, so the other document is behind its row: its value gives way
 * to a placeholder. It gets its row's values when its row is compared, or goes as vanished; it is never deleted for this.
 * A kill in between leaves a placeholder and a missing or old document, both of which the next comparison makes right.
 *
 * `rowOf` gives what is to be written for a document's key, as far as that is known from the same reading of the source:
 * two rows that have one value there share it in the source, and neither gives it up.
 */
export async function replaceUnique(
  access: DocumentAccess,
  documents: readonly Buffer[],
  rules: UniqueRules,
  rowOf: (key: string) => Buffer | undefined,
): Promise<RefusedDocument[]> {
  const specs = uniqueSpecs(rules.indexes, access.traits);
  const refused: RefusedDocument[] = [];
  let pending = documents.map((_document, index) => index);
  for (let round = 1; pending.length > 0; round++) {
    const conflicting: number[] = [];
    for (const { index: position, code } of await access.replace(pending.map((index) => documents[index] as Buffer))) {
      const index = pending[position] as number;
      if (code === CODE.duplicateKey) conflicting.push(index);
      else refused.push({ index, reason: refusalReason(code) });
    }
    pending = [];
    if (conflicting.length === 0) break;
    const holders = await findHolders(
      access,
      conflicting.map((index) => documents[index] as Buffer),
      specs,
    );
    const displaced: { holder: Holder; by: string }[] = [];
    conflicting.forEach((index, position) => {
      const document = documents[index] as Buffer;
      const found = holders[position] as readonly Holder[];
      const twin = found.find(({ key, spec }) => haveSameValues(rowOf(key), document, spec));
      if (twin !== undefined) {
        const reason = `Its row and that of ${showKey(twin.key)} have the same value of the unique index ${twin.spec.name}`;
        refused.push({ index, reason });
      } else if (rules.mayDisplace && round < MAX_ROUNDS) {
        displaced.push(...found.map((holder) => ({ holder, by: showKey(idKey(document)) })));
        pending.push(index);
      } else {
        refused.push({ index, reason: conflictReason(found[0]) });
      }
    });
    await displace(access, displaced);
  }
  return refused;
}

/** The rows of a batch by their documents' keys, for {@link replaceUnique}: looked up only where a unique value is refused. */
export function rowsOf(batch: DocumentBatch): (key: string) => Buffer | undefined {
  let positions: Map<string, number> | null = null;
  return (key) => {
    positions ??= new Map(batch.ends.map((_end, index) => [idKey(documentAt(batch, index)), index]));
    const position = positions.get(key);
    return position === undefined ? undefined : documentAt(batch, position);
  };
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

/** Who has the unique values of each document, by the document's position. */
async function findHolders(
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

/** Makes the holders give up their values. */
async function displace(access: DocumentAccess, displaced: readonly { holder: Holder; by: string }[]): Promise<void> {
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

/** BSON types by the names that partial filters of this program use; of no other index is one made. */
function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'date':
      return value instanceof Date;
    case 'object':
      return value !== null && typeof value === 'object' && !('_bsontype' in value) && !Array.isArray(value);
    default: {
      const bsonType = (value as { _bsontype?: string } | null | undefined)?._bsontype;
      return bsonType !== undefined && BSON_TYPES[type] === bsonType;
    }
  }
}

const BSON_TYPES: Readonly<Record<string, string>> = {
  int: 'Int32',
  long: 'Long',
  double: 'Double',
  decimal: 'Decimal128',
  binData: 'Binary',
};

/** Does the index hold the document? A partial one only where its fields are present. */
function isIndexed(document: Document, { partialFilterExpression }: IndexSpec): boolean {
  return Object.entries(partialFilterExpression ?? {}).every(([field, condition]) =>
    isOfType(document[field], String((condition as Document)['$type'])),
  );
}

/**
 * Asks for documents with the same values in the index; a partial one is used only by whoever asks for its types too. Plain
 * equality elsewhere, as a sharded account looks for the shard key at the top of a filter.
 */
function valuesFilter(document: Document, { key, partialFilterExpression }: IndexSpec): Document {
  return Object.fromEntries(
    Object.keys(key).map((field) => {
      const value: unknown = document[field] ?? null;
      const present = partialFilterExpression?.[field] as Document | undefined;
      return [field, present === undefined ? value : { $eq: value, ...present }];
    }),
  );
}

/** The document's values in the index as a text to compare: numbers of several types that are equal to an index are equal. */
function valuesOf(document: Document, { key, name }: IndexSpec): string {
  const values = Object.keys(key).map((field) => {
    const value: unknown = document[field] ?? null;
    const bsonType = (value as { _bsontype?: string } | null)?._bsontype;
    const isNumber = bsonType === 'Int32' || bsonType === 'Long' || bsonType === 'Double';
    return isNumber ? String(value) : BSON.EJSON.stringify({ value }, { relaxed: false });
  });
  return JSON.stringify([name, ...values]);
}

function haveSameValues(row: Buffer | undefined, document: Buffer, spec: IndexSpec): boolean {
  if (row === undefined) return false;
  const [one, other] = [BSON.deserialize(row, EXACT), BSON.deserialize(document, EXACT)];
  return isIndexed(one, spec) && valuesOf(one, spec) === valuesOf(other, spec);
}

function keyOf(document: Document): string {
  return idKey(Buffer.from(BSON.serialize({ _id: document['_id'] })));
}

function conflictReason(holder: Holder | undefined): string {
  const reason = refusalReason(CODE.duplicateKey);
  return holder === undefined ? reason : `${reason}: ${showKey(holder.key)} in the index ${holder.spec.name}`;
}
