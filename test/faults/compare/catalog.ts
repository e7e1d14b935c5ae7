import type { Client } from 'pg';

/** A column's type below its domains: PostgreSQL's short name, and the element's type where it is an array. */
export interface ColumnType {
  readonly name: string;
  readonly element?: ColumnType;
}

interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

export interface Table {
  readonly name: string;
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
  /** Names of the primary key's columns in key order, empty where there is none. */
  readonly primaryKey: readonly string[];
}

interface TypeRow {
  readonly oid: string;
  readonly typname: string;
  readonly typtype: string;
  readonly typbasetype: string;
  readonly typelem: string;
  readonly typcategory: string;
}

/** Every ordinary and partitioned table of a schema, by the catalog alone. The client must hand out values as text. */
export async function readCatalog(client: Client, schema: string): Promise<Table[]> {
  const types = await client.query<TypeRow>(
    'select oid, typname, typtype, typbasetype, typelem, typcategory from pg_catalog.pg_type',
  );
  const byOid = new Map(types.rows.map((row) => [row.oid, row]));
  const tables = await client.query<{ oid: string; relname: string; relkind: string }>(
    `select c.oid, c.relname, c.relkind from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition order by c.relname`,
    [schema],
  );
  const columns = await client.query<{ attrelid: string; attname: string; atttypid: string; pk: string | null }>(
    `select a.attrelid, a.attname, a.atttypid, array_position(i.indkey::int2[], a.attnum) as pk
     from pg_catalog.pg_attribute a
     join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     left join pg_catalog.pg_index i on i.indrelid = a.attrelid and i.indisprimary
     where n.nspname = $1 and a.attnum > 0 and not a.attisdropped order by a.attrelid, a.attnum`,
    [schema],
  );
  return tables.rows.map((table) => {
    const own = columns.rows.filter((column) => column.attrelid === table.oid);
    const keyed = own.filter((column) => column.pk !== null).sort((a, b) => Number(a.pk) - Number(b.pk));
    return {
      name: table.relname,
      partitioned: table.relkind === 'p',
      columns: own.map((column) => ({ name: column.attname, type: typeOf(column.atttypid, byOid) })),
      primaryKey: keyed.map((column) => column.attname),
    };
  });
}

function typeOf(oid: string, byOid: ReadonlyMap<string, TypeRow>): ColumnType {
  const row = byOid.get(oid);
  if (row === undefined) return { name: 'unknown' };
  if (row.typtype === 'd') return typeOf(row.typbasetype, byOid);
  if (row.typcategory === 'A' && row.typelem !== '0') return { name: row.typname, element: typeOf(row.typelem, byOid) };
  return { name: row.typname };
}

/** An SQL identifier, quoted. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
