/**
 * What the catalog says of an MLflow database: plain data, so that a plan can carry it and every activity encodes rows
 * the same way without asking the catalog again.
 */
export interface SourceColumn {
  readonly name: string;
  /** Name of the base type as in `pg_type.typname` (`int8`, `varchar`, `_text` for arrays); domains are resolved. */
  readonly type: string;
  /** `pg_type.typtype` of the base type: `b` base, `e` enum, `c` composite, `r` range, … */
  readonly typeClass: string;
  /** Base type of an array's elements, null otherwise; their domains are resolved. */
  readonly elementType: string | null;
  /** `pg_type.typtype` of that type, null otherwise. */
  readonly elementClass: string | null;
  readonly notNull: boolean;
}

/** Columns by the order of the constraint: each with its partner at the same position. */
export interface SourceForeignKey {
  readonly columns: readonly string[];
  readonly referencedTable: string;
  readonly referencedColumns: readonly string[];
}

/** One table. A partitioned table is one: its partitions do not appear by themselves. */
export interface SourceTable {
  readonly name: string;
  readonly columns: readonly SourceColumn[];
  /** Columns of the primary key, or of a unique key over NOT NULL columns, or null where the table has neither. */
  readonly key: readonly string[] | null;
  /** Column sets that the schema declares unique (primary key, unique constraints, plain unique indexes). */
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly SourceForeignKey[];
  /** Bytes on disk with TOAST, without indexes. */
  readonly bytes: number;
  /** First columns of all indexes: reading in another order would scan the table once for each range. */
  readonly leadingColumns: readonly string[];
  /** May `TABLESAMPLE` read it (ordinary and partitioned tables)? */
  readonly canSample: boolean;
  /** Do tables that are carried themselves inherit from it? Then it is read with `ONLY`, or their rows would arrive twice. */
  readonly hasHeirs?: boolean;
}

/** What introspection found. A table that changes later shows in its fingerprint, not here. */
export interface SourceSchema {
  /** PostgreSQL schema that holds the tables, usually `public`. */
  readonly schema: string;
  /** `server_version_num`, such as 150018. */
  readonly serverVersion: number;
  /** Rows of `alembic_version`, empty where there is none. */
  readonly revisions: readonly string[];
  readonly tables: readonly SourceTable[];
}

/** The table of that name, or undefined. */
export function findTable(schema: SourceSchema, name: string): SourceTable | undefined {
  return schema.tables.find((table) => table.name === name);
}

/** The column of that name, or undefined. */
export function findColumn(table: SourceTable, name: string): SourceColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

/** Are these columns unique by what the schema declares (a declared key is a subset of them)? */
export function isUnique(table: SourceTable, columns: readonly string[]): boolean {
  return table.uniqueKeys.some((key) => key.every((column) => columns.includes(column)));
}
