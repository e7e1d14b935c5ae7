import type pg from 'pg';
import { quoteIdentifier } from '../../quoteSql.ts';

/** Rows of another table as a document of their parent holds them. */
export interface PairPlace {
  /** Quoted, with its schema. */
  readonly table: string;
  readonly link: string;
  readonly key: string;
  readonly value: string;
}

/** One of them: `document` is the document's `_id`, for people. */
export interface ParentPair {
  readonly document: string;
  readonly link: string;
  readonly key: string;
  readonly value: string | null;
}

/** `document`s of those pairs that the table has no row for. */
export async function missingPairs(
  client: pg.ClientBase,
  { table, link, key, value }: PairPlace,
  pairs: readonly ParentPair[],
): Promise<string[]> {
  if (pairs.length === 0) return [];
  const column = (name: string) => `t.${quoteIdentifier(name)}::text`;
  const { rows } = await client.query<{ document: string }>(
    `select distinct u.document from unnest($1::text[], $2::text[], $3::text[], $4::text[]) u(document, link, key, value)
      where not exists (select from ${table} t where ${column(link)} = u.link and ${column(key)} = u.key
                           and ${column(value)} is not distinct from u.value)`,
    [
      pairs.map(({ document }) => document),
      pairs.map((pair) => pair.link),
      pairs.map((pair) => pair.key),
      pairs.map((pair) => pair.value),
    ],
  );
  return rows.map(({ document }) => document);
}
