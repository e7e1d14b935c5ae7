import { BSON } from 'mongodb';
import { idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition, RowKeyPart } from '../mlflow/layouts/layout.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';

/**
 * `idKey`s of those documents of a page whose row is not in the source: looked up by the key that the documents hold, by the source's
 * own index. A document without a key, or with one that no row could have, has no row.
 */
export async function rowlessDocuments(
  source: SourceDatabase,
  definition: Pick<CollectionDefinition, 'from' | 'where'>,
  rowKey: readonly RowKeyPart[],
  documents: readonly Buffer[],
): Promise<string[]> {
  const keys = documents.map((document) => BSON.deserialize(document, { useBigInt64: true }));
  const columns = rowKey.map(({ field, type }) => keys.map((key) => keyText(key[field], type)));
  const names = rowKey.map((_part, index) => `k${index}`);
  const unnested = rowKey.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  const matches = rowKey.map(({ column }, index) => `${column} = u.k${index}`);
  const conditions = [...matches, ...(definition.where === null ? [] : [`(${definition.where})`])].join(' and ');
  const rowless = await source.read(async (client) => {
    // Thousands of keys each time: read by any other plan the table would be read as a whole for each page.
    await client.query(
      'set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off',
    );
    const found = await client.query<{ position: number }>(
      `select u.position::int as position from unnest(${unnested}) with ordinality u(${names.join(', ')}, position)
        where not exists (select from ${definition.from} where ${conditions})`,
      columns,
    );
    return found.rows;
  });
  return rowless.map(({ position }) => idKey(documents[position - 1] as Buffer));
}

/** The fields of a document that tell its row. */
export function keyProjection(rowKey: readonly RowKeyPart[]): Record<string, 1> {
  return Object.fromEntries([['_id', 1], ...rowKey.map(({ field }) => [field, 1] as const)]);
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
