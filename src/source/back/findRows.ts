import type pg from 'pg';
import { BsonWriter } from '../../encoding/bsonWriter.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { quoteIdentifier, quoteLiteral } from '../../quoteSql.ts';
import { copyRows } from '../copyRows.ts';
import { isEqualKey } from '../isEqualKey.ts';
import type { RowPlace } from './stage.ts';
import type { WritableTable } from './writableTables.ts';

/** A row that was found by its key, as the document that a migration makes of it; without the rows of other tables that it holds. */
export interface FoundRow extends RowPlace {
  readonly document: Buffer;
  /** Does the condition that was asked for hold for it? */
  readonly isSuch: boolean;
}

const NO_CHILDREN: readonly [] = [];

/** Rows by their keys, by the positions of these; `condition` is over `t`. */
export async function findRows(
  client: pg.ClientBase,
  of: WritableTable,
  definition: CollectionDefinition,
  keys: readonly (readonly string[])[],
  condition: string,
): Promise<Map<number, FoundRow>> {
  const found = new Map<number, FoundRow>();
  if (keys.length === 0) return found;
  const count = definition.select.length;
  const select = [...definition.select, 'u.place::int8', 't.tableoid::int8', 't.ctid::text', `(${condition})`];
  const statement = `select ${select.join(', ')} from ${rowsOfKeys(of, keys)}`;
  const out = new BsonWriter();
  const rows = copyRows(client, statement, select.length, (row) => {
    out.position = 0;
    out.losses = [];
    definition.encode(out, row, NO_CHILDREN);
    found.set(row.count(count) - 1, {
      document: out.copyFrom(0),
      relation: String(row.count(count + 1)),
      tuple: row.text(count + 2),
      isSuch: row.bool(count + 3) === true,
    });
    return null;
  });
  await rows.next();
  return found;
}

/** The rows `t` of these keys, as a FROM clause; `u.place` is the position of the key, from one on. */
export function rowsOfKeys(
  { table, from, columns }: Pick<WritableTable, 'table' | 'from' | 'columns'>,
  keys: readonly (readonly string[])[],
): string {
  const parts = (table.key ?? []).map((name, part) => {
    const { type } = columns.find((column) => column.name === name) as WritableTable['columns'][number];
    // One literal: a constructor of thousands costs PostgreSQL more to parse than the rows to find.
    const list = `${quoteLiteral(arrayText(keys.map((key) => key[part] as string)))}::${type}[]`;
    return { list, own: `t.${quoteIdentifier(name)}` };
  });
  const names = parts.map((_part, part) => `k${part}`).join(', ');
  const matches = isEqualKey(
    parts.map(({ own }) => own),
    parts.map((_part, part) => `u.k${part}`),
  );
  const lists = parts.map(({ list }) => list).join(', ');
  return `unnest(${lists}) with ordinality u(${names}, place) join ${from} on ${matches}`;
}

/** Texts as PostgreSQL writes an array of them: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO. */
function arrayText(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
