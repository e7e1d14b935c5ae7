import type pg from 'pg';
import { textIndexes } from './textIndexes.ts';

/** A collation whose version is another now than when it, or the database, was made: indexes made before may be in the wrong order. */
export interface ChangedCollation {
  /** As a sentence names it: `the collation "en-x-icu"`, `the default collation of the database "mlflow"`. */
  readonly name: string;
  readonly recorded: string;
  readonly actual: string;
  /** Tables with an index by it. */
  readonly tables: readonly string[];
  /** The statement that records the new version, for when the indexes have been rebuilt. */
  readonly refresh: string;
}

interface Row {
  /** As {@link textIndexes} quotes the collation. */
  collation: string;
  name: string;
  altered: string;
  recorded: string;
  actual: string;
}

/** What the catalog says of collations other than a database's default, which have a version of their own. */
const OWN_VERSIONS = `
  select quote_ident(n.nspname) || '.' || quote_ident(l.collname) as collation,
         'the collation ' || quote_ident(l.collname) as name,
         'COLLATION ' || quote_ident(n.nspname) || '.' || quote_ident(l.collname) || ' REFRESH VERSION' as altered,
         l.collversion as recorded, pg_collation_actual_version(l.oid) as actual
    from pg_collation l join pg_namespace n on n.oid = l.collnamespace where l.collprovider <> 'd'`;
const DATABASE_VERSION = `
  select 'pg_catalog."default"', 'the default collation of the database ' || quote_ident(datname),
         'DATABASE ' || quote_ident(datname) || ' REFRESH COLLATION VERSION', datcollversion, pg_database_collation_actual_version(oid)
    from pg_database where datname = current_database()`;

/**
 * Collations of these tables' indexes whose version has changed: one look into the catalog. PostgreSQL keeps the version
 * of a database's default from release 15 on. That nothing is found proves nothing: an index may be older than the
 * recorded version, and some systems tell none.
 */
export async function findChangedCollations(
  client: pg.ClientBase,
  schema: string,
  tables: readonly string[],
): Promise<ChangedCollation[]> {
  const server = await client.query<{ number: string }>("select current_setting('server_version_num') as number");
  const hasDatabaseVersion = Number(server.rows[0]?.number) >= 150_000;
  const versions = hasDatabaseVersion ? `${OWN_VERSIONS} union all ${DATABASE_VERSION}` : OWN_VERSIONS;
  const { rows } = await client.query<Row>(
    `select * from (${versions}) versions where recorded <> actual order by name`,
  );
  if (rows.length === 0) return [];
  const indexes = await textIndexes(client, schema, tables);
  return rows.flatMap(({ collation, name, altered, recorded, actual }) => {
    const affected = indexes.filter(({ columns }) => columns.some((column) => column.collation === collation));
    if (affected.length === 0) return [];
    const names = [...new Set(affected.map(({ table }) => table))];
    return [{ name, recorded, actual, tables: names, refresh: `ALTER ${altered}` }];
  });
}
