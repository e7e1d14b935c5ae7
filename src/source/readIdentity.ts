import { createHash } from 'node:crypto';
import type pg from 'pg';
import { IDENTITY_VERSION, type SourceIdentity } from '../contract/sourceIdentity.ts';
import { quoteIdentifier, quoteLiteral } from '../quoteSql.ts';

/** Tables whose numbers in the catalog tell one MLflow database from another where the server may not be asked what it is. */
const TOLD_BY = ['alembic_version', 'experiments', 'metrics', 'params', 'runs', 'tags'];

/** SQL for the numbers that one transaction's server is told by; the system identifier is null where the role may not ask for it. */
const SERVER = `select d.oid::text as "databaseOid", d.datname::text as database,
          has_function_privilege('pg_catalog.pg_control_system()', 'execute') as "mayAsk"
     from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`;

/** SQL for the oid of the schema that bears a name at the beginning of a transaction, null where none does. */
export function schemaOidNow(schema: string): string {
  return `pg_catalog.to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})::oid::text`;
}

const STARTED =
  "select to_char(pg_catalog.pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as system";

const SYSTEM = 'select system_identifier::text as system from pg_catalog.pg_control_system()';

/**
 * What the database says of itself. The system identifier is made when a server is set up. Physical standbys have the same one,
 * also once promoted; a server that a dump is restored into has not. Everyone may ask for it, unless that was revoked.
 *
 * Where it may not be asked for, a digest of catalog numbers stands in for it, together with when MLflow was set up. Two servers
 * that one dump was restored into by the same steps look alike by that. So nothing is taken for this source's own by it alone
 * (target/planClaim.ts).
 */
export async function readIdentity(
  client: pg.ClientBase,
  schema: string,
  workspace: string | null,
): Promise<SourceIdentity> {
  const server = await client.query<{ databaseOid: string; database: string; mayAsk: boolean }>(SERVER);
  const { databaseOid, database, mayAsk } = server.rows[0] as NonNullable<(typeof server.rows)[0]>;
  const named = await client.query<{ oid: string | null }>(`select ${schemaOidNow(schema)} as oid`);
  const schemaOid = named.rows[0]?.oid ?? null;
  const rest = { databaseOid, database, schema, ...(schemaOid === null ? {} : { schemaOid }), workspace };
  if (mayAsk) {
    const { rows } = await client.query<{ system: string }>(SYSTEM);
    const system = rows[0]?.system as string;
    return { version: IDENTITY_VERSION, system, systemFrom: 'control-file', startedAt: null, ...rest };
  }
  const { rows } = await client.query<{ system: string }>(STARTED);
  const startedAt = rows[0]?.system as string;
  const system = await catalogDigest(client, schema);
  return { version: IDENTITY_VERSION, system, systemFrom: 'catalog', startedAt, ...rest };
}

async function catalogDigest(client: pg.ClientBase, schema: string): Promise<string> {
  const { rows } = await client.query<{ name: string; oid: string }>(
    `select c.relname::text as name, c.oid::text as oid
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = any($2) order by c.relname::text collate "C"`,
    [schema, TOLD_BY],
  );
  const born = await whenSetUp(client, schema);
  const numbers = JSON.stringify([rows.map(({ name, oid }) => [name, oid]), born]);
  return createHash('sha256').update(numbers).digest('hex').slice(0, 20);
}

/** When MLflow made its first experiment, where the release records it and nobody has removed it. */
async function whenSetUp(client: pg.ClientBase, schema: string): Promise<string | null> {
  const has = await client.query(
    `select from pg_catalog.pg_attribute a
       join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = 'experiments' and a.attname = 'creation_time' and not a.attisdropped`,
    [schema],
  );
  if (has.rowCount === 0) return null;
  const { rows } = await client.query<{ born: string | null }>(
    `select creation_time::text as born from ${quoteIdentifier(schema)}.experiments order by experiment_id limit 1`,
  );
  return rows[0]?.born ?? null;
}

/**
 * SQL whose one row says which server a transaction is on, as far as that costs next to nothing: `system` (when it was started,
 * where its identifier may not be asked for), `database`, `schema`, and whether it is `behind` a position in the write-ahead log.
 */
export function whereAmI(expected: SourceIdentity, notBefore: string | null): string {
  const system = expected.systemFrom === 'control-file' ? `(${SYSTEM})` : `(${STARTED})`;
  return (
    `select pg_catalog.pg_backend_pid() as pid, ${system} as system,` +
    ' (select oid::text from pg_catalog.pg_database where datname = pg_catalog.current_database()) as database,' +
    ` ${expected.schemaOid === undefined ? 'null' : schemaOidNow(expected.schema)} as schema,` +
    ` ${notBefore === null ? 'false' : `(pg_catalog.pg_is_in_recovery() and pg_catalog.pg_last_wal_replay_lsn() < ${quoteLiteral(notBefore)})`} as behind`
  );
}

/** Does the answer to {@link whereAmI} contradict the identity? */
export function isElsewhere(
  expected: SourceIdentity,
  found: { readonly system: string; readonly database: string; readonly schema: string | null },
): boolean {
  if (found.database !== expected.databaseOid || isAnotherSchema(expected, found.schema)) return true;
  return found.system !== (expected.systemFrom === 'control-file' ? expected.system : expected.startedAt);
}

/** Has the schema of that name another oid now, or is there none? */
export function isAnotherSchema({ schemaOid }: SourceIdentity, found: string | null): boolean {
  return schemaOid !== undefined && found !== schemaOid;
}
