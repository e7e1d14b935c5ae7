import { BSON } from 'mongodb';
import { idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition, RowKeyPart, TargetDocument } from '../mlflow/layouts/layout.ts';
import { isEqualKey } from '../source/isEqualKey.ts';
import { lookUpByIndex } from '../source/lookUpByIndex.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';

/** A collection whose rows are found by what its documents hold. */
export type KeyedCollection = CollectionDefinition & Required<Pick<CollectionDefinition, 'rowKey'>>;

/** Are the rows of the collection found by what its documents hold? */
export function isKeyed(definition: CollectionDefinition): definition is KeyedCollection {
  return definition.rowKey !== undefined;
}

/** Rows of one table, and how one is found. */
interface Rows {
  readonly from: string;
  readonly where: string | null;
  readonly rowKey: readonly RowKeyPart[];
}

/**
 * `idKey`s of those documents of a page whose row is not in the source: looked up by the key that the documents hold, by the source's
 * own index. A document without a key, or with one that no row could have, has no row.
 */
export async function rowlessDocuments(
  source: SourceDatabase,
  definition: KeyedCollection,
  documents: readonly Buffer[],
): Promise<string[]> {
  const keys = documents.map((document): TargetDocument => BSON.deserialize(document, { useBigInt64: true }));
  const lone = definition.joined?.lone;
  const isLone = keys.map((key) => lone?.isLone(key) === true);
  const { rootFrom, from, where, rowKey } = definition;
  const positions = (areLone: boolean) => [...keys.keys()].filter((position) => isLone[position] === areLone);
  const rowless = await findRowless(source, { from: rootFrom ?? from, where, rowKey }, keys, positions(false));
  if (lone !== undefined) rowless.push(...(await findRowless(source, lone, keys, positions(true))));
  return rowless.map((position) => idKey(documents[position] as Buffer));
}

/** The fields of a document that tell its row. */
export function keyProjection({ rowKey, joined }: KeyedCollection): Record<string, 1> {
  const parts = [...rowKey, ...(joined?.lone?.rowKey ?? [])];
  return Object.fromEntries([['_id', 1], ...parts.map(({ field }) => [field, 1] as const)]);
}

/** Of these documents the positions of those that have no row there. */
async function findRowless(
  source: SourceDatabase,
  { from, where, rowKey }: Rows,
  keys: readonly TargetDocument[],
  positions: readonly number[],
): Promise<number[]> {
  if (positions.length === 0) return [];
  const columns = rowKey.map(({ field, type }) => positions.map((position) => keyText(keys[position]?.[field], type)));
  const names = rowKey.map((_part, index) => `k${index}`);
  const unnested = rowKey.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  const own = rowKey.map(({ column }) => column);
  const conditions = [
    isEqualKey(
      own,
      names.map((name) => `u.${name}`),
    ),
    ...(where === null ? [] : [`(${where})`]),
  ].join(' and ');
  const found = await source.read(async (client) => {
    await lookUpByIndex(client, true);
    const { rows } = await client.query<{ place: number }>(
      `select u.place::int as place from unnest(${unnested}) with ordinality u(${names.join(', ')}, place)
        where not exists (select from ${from} where ${conditions})`,
      columns,
    );
    return rows;
  });
  return found.map(({ place }) => positions[place - 1] as number);
}

/** A value as a parameter of that type; null for one that no row can have. */
function keyText(value: unknown, type: RowKeyPart['type']): string | null {
  switch (type) {
    case 'text':
      return typeof value === 'string' && !value.includes('\0') ? value : null;
    case 'bool':
      return typeof value === 'boolean' ? String(value) : null;
    case 'float8':
      return typeof value === 'number' ? String(value) : null;
    case 'int8':
      // Ids of experiments are texts in some documents.
      return isInt64(value) ? String(value) : null;
  }
}

function isInt64(value: unknown): boolean {
  if (typeof value === 'object' || !/^-?\d{1,19}$/.test(String(value))) return false;
  const integer = BigInt(String(value));
  return BigInt.asIntN(64, integer) === integer;
}
