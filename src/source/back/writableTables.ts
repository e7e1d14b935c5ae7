import type pg from 'pg';
import type { SourceSchema, SourceTable } from '../../contract/sourceSchema.ts';
import { MigrationError } from '../../errors.ts';
import { quoteIdentifier } from '../../quoteSql.ts';

/** A column as whoever writes a row needs to know it. */
export interface WritableColumn {
  readonly name: string;
  /** As SQL names the type, without length: a cast to it neither cuts nor rounds. */
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** Does PostgreSQL compute it? Then nothing else may be written there. */
  readonly isGenerated: boolean;
  /** Sequence that numbers it, null where none does. */
  readonly sequence: string | null;
  /** Is it a text that no two rows of the table may share, alone or with others, and that takes any text in passing? */
  readonly isUniqueText: boolean;
  /** Characters that it takes at most, null where it takes any number. */
  readonly mostCharacters: number | null;
}

/** A table that rows are written to. */
export interface WritableTable {
  readonly table: SourceTable;
  /** Quoted, with its schema. */
  readonly name: string;
  /** The same as a FROM clause with the alias `t`, without the rows of tables that inherit from it. */
  readonly from: string;
  readonly columns: readonly WritableColumn[];
}

interface CatalogRow {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly notnull: boolean;
  readonly default: boolean;
  readonly generated: boolean;
  readonly sequence: string | null;
  readonly uniquetext: boolean;
  readonly most: number | null;
  readonly granted: boolean;
}

/** Of the digest of a row's key, which stands for such a text in passing. */
const DIGEST_CHARACTERS = 43;

/** The tables with what the catalog says of writing to them. Throws `source-refused` where the role may not write to all of them. */
export async function writableTables(
  client: pg.ClientBase,
  { schema, tables }: SourceSchema,
  names: ReadonlySet<string>,
  display: string,
): Promise<WritableTable[]> {
  const wanted = tables.filter(({ name }) => names.has(name));
  const { rows } = await client.query<CatalogRow>(
    `select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type,
            a.attnotnull as notnull, a.atthasdef or a.attidentity <> '' as default,
            coalesce(to_jsonb(a) ->> 'attgenerated', '') <> '' as generated,
            pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) as sequence,
            a.atttypid in ('text'::regtype, 'varchar'::regtype) and (a.atttypmod = -1 or a.atttypmod >= $3 + 4)
              and exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indimmediate
                            and a.attnum = any(i.indkey::int2[])) as uniquetext,
            case when a.atttypid in ('varchar'::regtype, 'bpchar'::regtype) and a.atttypmod >= 4 then a.atttypmod - 4 end as most,
            has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE') and has_table_privilege(c.oid, 'INSERT')
              and has_table_privilege(c.oid, 'UPDATE') and has_table_privilege(c.oid, 'DELETE') as granted
       from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = any($2) and a.attnum > 0 and not a.attisdropped
      order by c.relname, a.attnum`,
    [schema, wanted.map(({ name }) => name), DIGEST_CHARACTERS],
  );
  const closed = [...new Set(rows.filter(({ granted }) => !granted).map(({ table }) => table))];
  if (closed.length > 0) {
    throw new MigrationError(
      'source-refused',
      `The user may not write to ${closed.length === 1 ? `table ${closed[0]}` : `${closed.length} tables, such as ${closed[0]},`} of ${display}`,
      {
        hint: `Name the owner of the tables in the source URI, or GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${quoteIdentifier(schema)} TO the user`,
      },
    );
  }
  return wanted.map((table) => {
    const name = `${quoteIdentifier(schema)}.${quoteIdentifier(table.name)}`;
    const own = new Map(rows.filter((row) => row.table === table.name).map((row) => [row.column, row]));
    return {
      table,
      name,
      from: `${table.hasHeirs === true ? 'only ' : ''}${name} t`,
      columns: table.columns.map((column): WritableColumn => {
        const row = own.get(column.name) as CatalogRow;
        return {
          name: column.name,
          type: row.type,
          notNull: column.notNull,
          hasDefault: row.default,
          isGenerated: row.generated,
          sequence: row.sequence,
          isUniqueText: row.uniquetext,
          mostCharacters: row.most,
        };
      }),
    };
  });
}

/** Tables in an order in which each stands behind those that it refers to, as far as they do not refer to each other in a circle. */
export function parentsFirst(tables: readonly WritableTable[]): readonly WritableTable[] {
  const byName = new Map(tables.map((one) => [one.table.name, one]));
  const ordered = new Set<WritableTable>();
  const visit = (one: WritableTable, path: ReadonlySet<string>): void => {
    if (ordered.has(one) || path.has(one.table.name)) return;
    for (const { referencedTable } of one.table.foreignKeys) {
      const parent = byName.get(referencedTable);
      if (parent !== undefined) visit(parent, new Set([...path, one.table.name]));
    }
    ordered.add(one);
  };
  for (const one of tables) visit(one, new Set());
  return [...ordered];
}
