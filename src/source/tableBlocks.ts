import type pg from 'pg';

/** Versions from which the server reads the rows of some blocks without all others (https://www.postgresql.org/docs/release/14.0/). */
const READS_BLOCKS = 140_000;

/**
 * Blocks of each table, by name: of its largest part, where it has several. Null where rows cannot be read by the block: in foreign
 * tables, other kinds of storage, and of older servers.
 */
export async function readBlocks(
  client: pg.ClientBase,
  schema: string,
  tables: readonly string[],
): Promise<Readonly<Record<string, number | null>>> {
  const { rows } = await client.query<{ root: string; blocks: string | null }>(
    `with recursive part (root, oid) as (
       select c.relname, c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = any($2) and c.relkind in ('r', 'p', 'f')
       union all
       select p.root, i.inhrelid from part p join pg_inherits i on i.inhparent = p.oid
     )
     select p.root::text,
            case when current_setting('server_version_num')::int >= ${READS_BLOCKS} and bool_and(c.relkind = 'p' or (c.relkind = 'r' and coalesce(m.amname, 'heap') = 'heap'))
              then max(case when c.relkind = 'r' then pg_relation_size(c.oid) / current_setting('block_size')::int8 else 0 end)
            end::text as blocks
       from part p join pg_class c on c.oid = p.oid left join pg_am m on m.oid = c.relam
      group by p.root`,
    [schema, tables],
  );
  return Object.fromEntries(rows.map(({ root, blocks }) => [root, blocks === null ? null : Number(blocks)]));
}
