import { quoteIdentifier } from '../quoteSql.ts';

/** What stands before the statements of {@link unfenceSql}. */
export const UNDO_FENCE =
  'To let PostgreSQL take writes again, where it was told to refuse them, and you go back to it:';

/** Ends the sessions of everybody else: what a database is set to holds for sessions that begin afterwards. */
const NEW_SESSIONS =
  "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'mlflow-migrate';";

/** Statements that let a database refuse writes, for whoever may run them there: the source is only read here. `source` ends in the name of the database. */
export function fenceSql(source: string): string[] {
  return [`alter database ${databaseOf(source)} set default_transaction_read_only = on;`, NEW_SESSIONS];
}

/** Statements that undo {@link fenceSql}. */
export function unfenceSql(source: string): string[] {
  // A session there is read-only itself, and may not alter anything before it says otherwise.
  const own = 'set default_transaction_read_only = off;';
  return [own, `alter database ${databaseOf(source)} reset default_transaction_read_only;`, NEW_SESSIONS];
}

function databaseOf(source: string): string {
  return quoteIdentifier(source.split('/').at(-1) ?? '');
}
