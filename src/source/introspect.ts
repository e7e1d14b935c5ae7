import type pg from 'pg';
import type { SourceColumn, SourceForeignKey, SourceSchema, SourceTable } from '../contract/sourceSchema.ts';
import { MigrationError } from '../errors.ts';
import { quoteIdentifier, searchPathOption } from '../quoteSql.ts';
import { HAS_HEIRS } from './heirs.ts';

/** Tables by which an MLflow database is known in every release. */
const CORE_TABLES = ['experiments', 'runs', 'metrics', 'params', 'tags'];

interface TableRow {
  oid: string;
  name: string;
  kind: string;
  bytes: string;
  readable: boolean;
  secured: boolean;
  selfmade: boolean;
  heirs: boolean;
}
interface ColumnRow {
  oid: string;
  name: string;
  type: string;
  class: string;
  element: string | null;
  elementclass: string | null;
  notnull: boolean;
}
interface IndexRow {
  oid: string;
  primary: boolean;
  unique: boolean;
  whole: boolean;
  columns: (string | null)[];
}
interface ForeignKeyRow {
  oid: string;
  target: string;
  columns: string[];
  targets: string[];
}

/** What the catalog says, and which tables may not be read. */
export interface Introspection {
  readonly schema: SourceSchema;
  readonly unreadable: readonly string[];
  /** Readable tables of which policies would hide rows from the user. */
  readonly secured: readonly string[];
  readonly serverVersionText: string;
  readonly isStandby: boolean;
  readonly encoding: string;
}

/**
 * Reads the whole schema from `pg_catalog`: no fixed list of tables, so that releases this program has never seen are
 * carried too. Extensions' own tables, views and partitions (they are read through their parent) are left out.
 * Throws `source-unsupported` where no schema holds MLflow's tables.
 */
export async function introspect(client: pg.ClientBase, wantedSchema: string | null): Promise<Introspection> {
  const server = await client.query<{ number: string; text: string; standby: boolean; encoding: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as text,
            pg_is_in_recovery() as standby, current_setting('server_encoding') as encoding`,
  );
  const { number, text, standby, encoding } = server.rows[0] as NonNullable<(typeof server.rows)[0]>;
  if (Number(number) < 110_000) {
    throw new MigrationError('source-unsupported', `PostgreSQL ${text} is too old`, {
      hint: 'Version 11 or newer is needed: upgrade the server, or restore a dump of it into a newer one',
    });
  }
  const schemaName = await findSchema(client, wantedSchema);
  const tables = await client.query<TableRow>(
    `select c.oid::text as oid, c.relname as name, c.relkind::text as kind,
            case when c.relkind = 'p'
              then coalesce((select sum(pg_table_size(i.inhrelid)) from pg_inherits i where i.inhparent = c.oid), 0)
              else pg_table_size(c.oid) end::text as bytes,
            has_table_privilege(c.oid, 'SELECT') as readable, row_security_active(c.oid) as secured,
            not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e') as selfmade,
            ${HAS_HEIRS} as heirs
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind in ('r', 'p', 'f') and not c.relispartition
      order by c.relname::text collate "C"`,
    [schemaName],
  );
  const kept = tables.rows.filter((table) => table.selfmade);
  const oids = kept.map((table) => table.oid);
  const columns = await client.query<ColumnRow>(
    `with recursive base(attrelid, attnum, type) as (
       select a.attrelid, a.attnum, a.atttypid from pg_attribute a
        where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
       union all
       select b.attrelid, b.attnum, t.typbasetype from base b join pg_type t on t.oid = b.type where t.typtype = 'd'
     ), element(list, type) as (
       select t.oid, t.typelem from base b join pg_type t on t.oid = b.type where t.typcategory = 'A' and t.typlen = -1
       union
       select l.list, t.typbasetype from element l join pg_type t on t.oid = l.type where t.typtype = 'd'
     )
     select a.attrelid::text as oid, a.attname as name, t.typname as type, t.typtype::text as class,
            e.typname as element, e.typtype::text as elementclass,
            (a.attnotnull or exists (select from pg_type d where d.oid = a.atttypid and d.typnotnull)) as notnull
       from base b
       join pg_type t on t.oid = b.type and t.typtype <> 'd'
       join pg_attribute a on a.attrelid = b.attrelid and a.attnum = b.attnum
       left join (element l join pg_type e on e.oid = l.type and e.typtype <> 'd') on l.list = t.oid
      order by a.attrelid, a.attnum`,
    [oids],
  );
  const indexes = await client.query<IndexRow>(
    `select i.indrelid::text as oid, i.indisprimary as primary, i.indisunique as unique, i.indpred is null as whole,
            array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k(attnum, position)
                    left join pg_attribute a on k.attnum > 0 and a.attrelid = i.indrelid and a.attnum = k.attnum
                   where k.position <= i.indnkeyatts order by k.position) as columns
       from pg_index i
       join pg_class c on c.oid = i.indexrelid
       join pg_am m on m.oid = c.relam and m.amname = 'btree'
      where i.indrelid = any($1::oid[]) and i.indisvalid
      order by i.indisprimary desc, i.indexrelid`,
    [oids],
  );
  const foreignKeys = await client.query<ForeignKeyRow>(
    `select c.conrelid::text as oid, f.relname as target,
            array(select a.attname::text from unnest(c.conkey) with ordinality k(attnum, position)
                    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum order by k.position) as columns,
            array(select a.attname::text from unnest(c.confkey) with ordinality k(attnum, position)
                    join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum order by k.position) as targets
       from pg_constraint c join pg_class f on f.oid = c.confrelid
      where c.contype = 'f' and c.conrelid = any($1::oid[]) and c.confrelid = any($1::oid[])
      order by c.conrelid, c.conname::text collate "C"`,
    [oids],
  );
  const readable = kept.filter((table) => table.readable);
  const built = readable.map((table) =>
    buildTable(
      table,
      columns.rows.filter((column) => column.oid === table.oid),
      indexes.rows.filter((index) => index.oid === table.oid),
      foreignKeys.rows.filter((foreignKey) => foreignKey.oid === table.oid),
    ),
  );
  return {
    schema: {
      schema: schemaName,
      serverVersion: Number(number),
      revisions: await readRevisions(client, schemaName, built),
      tables: built,
    },
    unreadable: kept.filter((table) => !table.readable).map((table) => table.name),
    secured: readable.filter((table) => table.secured).map((table) => table.name),
    serverVersionText: text,
    isStandby: standby,
    encoding,
  };
}

/** The schema asked for, or the first of the search path that holds MLflow's tables. */
async function findSchema(client: pg.ClientBase, wanted: string | null): Promise<string> {
  const found = await client.query<{ name: string; position: number | null; usable: boolean; tables: string }>(
    `select n.nspname as name, array_position(current_schemas(false), n.nspname) as position,
            has_schema_privilege(n.oid, 'USAGE') as usable, count(*)::text as tables
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.relname = any($1) group by 1, 2, 3 order by 2 nulls last, 1`,
    [CORE_TABLES],
  );
  const complete = found.rows.filter((row) => Number(row.tables) === CORE_TABLES.length);
  const chosen =
    wanted === null
      ? complete.find((row) => row.position !== null)
      : complete.find((row) => row.usable && row.name === wanted);
  if (chosen !== undefined) return chosen.name;
  const elsewhere = complete.filter((row) => row.usable).map((row) => row.name);
  const path = await readSearchPath(client);
  // A schema without USAGE is not on the search path, whatever the path says.
  const isMeant = (name: string) => (wanted === null ? path.names.includes(name) : name === wanted);
  const closed = complete.find(
    (row) => !row.usable && (isMeant(row.name) || (wanted === null && elsewhere.length === 0)),
  );
  if (closed !== undefined) {
    throw new MigrationError(
      'source-refused',
      `The user may not use schema ${closed.name}, which holds MLflow's tables`,
      {
        hint: `GRANT USAGE ON SCHEMA ${quoteIdentifier(closed.name)} TO the user of the source URI`,
      },
    );
  }
  const where = wanted === null ? `on the search path ${path.text}` : `in schema ${wanted}`;
  throw new MigrationError(
    'source-unsupported',
    `MLflow schema not recognised: no tables ${CORE_TABLES.join(', ')} ${where}`,
    { hint: elsewhereHint(elsewhere, wanted, path.isAsked) },
  );
}

/** The search path of the session, and whether the connection asked for it (`options`) in place of server, database or role. */
async function readSearchPath(client: pg.ClientBase): Promise<{ text: string; names: string[]; isAsked: boolean }> {
  // Every transaction puts the server's own schema in front: what was there before is asked for.
  await client.query('set local search_path to default');
  const { rows } = await client.query<{ text: string; asked: boolean }>(
    "select setting as text, source = 'client' as asked from pg_settings where name = 'search_path'",
  );
  const text = rows[0]?.text ?? '';
  const names = text.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return { text, names, isAsked: rows[0]?.asked === true };
}

/** What leads to the schemas that hold MLflow's tables, in place of what has led elsewhere. */
function elsewhereHint(schemas: readonly string[], wanted: string | null, isPathAsked: boolean): string {
  const [first] = schemas;
  if (first === undefined) return 'Check that the URI names the database that MLflow uses as its backend store';
  const found = `They are in schema ${schemas.join(', ')}`;
  if (wanted !== null) {
    return `${found}: correct source.schema in the file or request, or else schema, currentSchema or search_path in the source URI`;
  }
  const option = encodeURIComponent(searchPathOption([first]));
  return isPathAsked
    ? `${found}: correct the search path that the source URI (search_path, options) or PGOPTIONS asks for, such as ?options=${option}`
    : `${found}: add ?options=${option} to the source URI`;
}

function buildTable(
  table: TableRow,
  columns: readonly ColumnRow[],
  indexes: readonly IndexRow[],
  foreignKeys: readonly ForeignKeyRow[],
): SourceTable {
  const built = columns.map(
    (column): SourceColumn => ({
      name: column.name,
      type: column.type,
      typeClass: column.class,
      elementType: column.element,
      elementClass: column.elementclass,
      notNull: column.notnull,
    }),
  );
  const notNull = new Set(built.filter((column) => column.notNull).map((column) => column.name));
  const uniqueKeys = indexes
    .filter((index) => index.unique && index.whole)
    .map((index) => index.columns)
    .filter((names): names is string[] => names.every((name) => name !== null));
  const whole = indexes.filter((index) => index.whole);
  return {
    name: table.name,
    columns: built,
    key: uniqueKeys.find((names) => names.every((name) => notNull.has(name))) ?? null,
    uniqueKeys,
    leadingColumns: whole.flatMap((index) => index.columns[0] ?? []),
    foreignKeys: foreignKeys.map(
      (foreignKey): SourceForeignKey => ({
        columns: foreignKey.columns,
        referencedTable: foreignKey.target,
        referencedColumns: foreignKey.targets,
      }),
    ),
    bytes: Number(table.bytes),
    canSample: table.kind !== 'f',
    ...(table.heirs ? { hasHeirs: true } : {}),
  };
}

async function readRevisions(client: pg.ClientBase, schema: string, tables: readonly SourceTable[]): Promise<string[]> {
  const table = tables.find(({ name }) => name === 'alembic_version');
  if (table === undefined || !table.columns.some(({ name }) => name === 'version_num')) return [];
  const rows = await client.query<{ version_num: string }>(
    `select version_num from ${quoteIdentifier(schema)}.alembic_version order by version_num collate "C"`,
  );
  return rows.rows.map((row) => row.version_num);
}
