import { createHash } from 'node:crypto';
import type pg from 'pg';

/** Digests of what each table of a schema is and which files it stands in, by table. */
export type Fingerprint = Readonly<Record<string, string>>;

/**
 * Everything of a schema's tables that tells whether rows may have come or changed in a way that their row versions do not
 * show: columns with their types, keys, and the files that the table, its partitions and its heirs stand in. A table that
 * was renamed, attached, inherited, restored or rewritten has another digest, though each row may look old.
 */
export async function readFingerprint(client: pg.ClientBase, schema: string): Promise<Fingerprint> {
  const { rows } = await client.query<{ name: string; what: string }>(
    `with recursive mine as (
       select c.oid, c.relname::text as name
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relkind in ('r', 'p', 'f') and not c.relispartition
     ), part(oid, name, depth) as (
       select oid, name, 0 from mine
       union all
       select i.inhrelid, p.name, p.depth + 1 from part p join pg_catalog.pg_inherits i on i.inhparent = p.oid
     )
     select p.name,
            string_agg(concat_ws('/', c.oid, c.relname, c.relkind, pg_catalog.pg_relation_filenode(c.oid),
              pg_catalog.pg_get_expr(c.relpartbound, c.oid),
              (select string_agg(concat_ws(':', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull), ',' order by a.attnum)
                 from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
              (select string_agg(concat_ws(':', i.indkey::text, i.indisunique, i.indisprimary, i.indisvalid), ',' order by i.indexrelid)
                 from pg_catalog.pg_index i where i.indrelid = c.oid)), '; ' order by p.depth, c.oid) as what
       from part p join pg_catalog.pg_class c on c.oid = p.oid
      group by p.name`,
    [schema],
  );
  return Object.fromEntries(
    rows.map(({ name, what }) => [name, createHash('sha256').update(what).digest('hex').slice(0, 16)]),
  );
}

/** Tables of two fingerprints that are not the same: those that came, went, or changed. */
export function changedTables(before: Fingerprint, after: Fingerprint): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}
