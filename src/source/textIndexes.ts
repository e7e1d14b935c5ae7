import type pg from 'pg';
import { quoteIdentifier } from '../quoteSql.ts';

/** A column of an index, as an ORDER BY that the index serves names it. */
export interface TextIndexColumn {
  /** Quoted. */
  readonly name: string;
  /** Its collation, quoted and with its schema; null where the type has none. */
  readonly collation: string | null;
  readonly isDescending: boolean;
  readonly areNullsFirst: boolean;
}

/** An index whose order depends on a collation. */
export interface TextIndex {
  /** The table as MLflow knows it, also where the index is of one of its partitions. */
  readonly table: string;
  /** Relation that the index is of, quoted and with its schema. */
  readonly relation: string;
  readonly name: string;
  /** The same quoted and with its schema. */
  readonly quoted: string;
  readonly columns: readonly TextIndexColumn[];
  /** Rows of the relation by the server's own statistics, 0 where it has none. */
  readonly estimatedRows: number;
}

interface Row {
  root: string;
  namespace: string;
  relation: string;
  name: string;
  rows: string;
  columns: string[];
  collations: (string | null)[];
  options: number[];
}

/**
 * The indexes of tables (also of their partitions) that may be read by and whose order depends on a collation: whole
 * b-trees over plain columns with the type's own order, at least one of them a text.
 */
export async function textIndexes(
  client: pg.ClientBase,
  schema: string,
  tables: readonly string[],
): Promise<TextIndex[]> {
  const { rows } = await client.query<Row>(
    `with recursive part (root, oid) as (
       select c.relname, c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = any($2) and c.relkind in ('r', 'p')
       union all
       select p.root, h.oid from part p join pg_inherits i on i.inhparent = p.oid
         join pg_class h on h.oid = i.inhrelid and h.relispartition
     )
     select p.root::text, n.nspname::text as namespace, c.relname::text as relation, x.relname::text as name,
            greatest(c.reltuples, 0)::int8::text as rows,
            array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k (attnum, place)
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                   where k.place <= i.indnkeyatts order by k.place) as columns,
            array(select quote_ident(m.nspname) || '.' || quote_ident(l.collname)
                    from unnest(i.indcollation::oid[]) with ordinality k (coll, place)
                    left join pg_collation l on l.oid = k.coll left join pg_namespace m on m.oid = l.collnamespace
                   where k.place <= i.indnkeyatts order by k.place) as collations,
            array(select k.option::int4 from unnest(i.indoption::int2[]) with ordinality k (option, place)
                   where k.place <= i.indnkeyatts order by k.place) as options
       from part p
       join pg_class c on c.oid = p.oid and c.relkind = 'r'
       join pg_namespace n on n.oid = c.relnamespace
       join pg_index i on i.indrelid = c.oid and i.indisvalid and i.indpred is null and i.indexprs is null
       join pg_class x on x.oid = i.indexrelid
       join pg_am m on m.oid = x.relam and m.amname = 'btree'
      where exists (select from unnest(i.indcollation::oid[]) k (coll) where k.coll <> 0)
        and not exists (select from unnest(i.indclass::oid[]) k (opclass)
                          join pg_opclass o on o.oid = k.opclass where not o.opcdefault)
      order by p.root::text collate "C", n.nspname::text collate "C", x.relname::text collate "C"`,
    [schema, tables],
  );
  return rows.map((row) => ({
    table: row.root,
    relation: `${quoteIdentifier(row.namespace)}.${quoteIdentifier(row.relation)}`,
    name: row.name,
    quoted: `${quoteIdentifier(row.namespace)}.${quoteIdentifier(row.name)}`,
    estimatedRows: Number(row.rows),
    columns: row.columns.map((name, place): TextIndexColumn => {
      const option = row.options[place] ?? 0;
      return {
        name: quoteIdentifier(name),
        collation: row.collations[place] ?? null,
        // Bits of `pg_index.indoption`.
        isDescending: (option & 1) !== 0,
        areNullsFirst: (option & 2) !== 0,
      };
    }),
  }));
}
