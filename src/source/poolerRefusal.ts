import { MigrationError } from '../errors.ts';

/** The one code of nearly all that pgbouncer says itself: https://github.com/pgbouncer/pgbouncer/blob/master/src/proto.c (send_pooler_error). */
const POOLER_STATE = '08P01';

/** pgbouncer's own words for what it refuses, which its code does not tell: src/client.c, src/janitor.c, src/objects.c there. */
const FULL = /\(max_client_conn\)|\(max_(?:db|user)_client_connections\)/;
const WAITED = /^query_wait_timeout|^client_login_timeout|^server_login_timeout|^server conn crashed/;
const LOGIN =
  /authentication failed|^no such user|^no username supplied|^login rejected|^not allowed|^empty password|^permission denied/;
const DATABASE = /^no such database|^database ".*" does not exist|^bouncer config error/;
const PARAMETER = /^unsupported startup parameter(?:: | in options: )(\w+)|^unsupported options startup parameter/;
const TLS_ONLY = /^SSL required/;

/** What a pooler in front of the server said; null where the error is no pooler's: PostgreSQL itself names the place in its code. */
function saidByPooler(error: unknown): string | null {
  const { code, severity, routine, message } = (error ?? {}) as Record<string, unknown>;
  if (code !== POOLER_STATE || severity !== 'FATAL' || routine !== undefined) return null;
  return typeof message === 'string' ? message : null;
}

/** Has the pooler no connection to spare for another client? */
export function isFullPooler(error: unknown): boolean {
  return FULL.test(saidByPooler(error) ?? '');
}

/** Does the pooler take connections with TLS only? */
export function wantsTls(error: unknown): boolean {
  return TLS_ONLY.test(saidByPooler(error) ?? '');
}

/** The refusal of a pooler, told by what it means; null where the error is none that is known. */
export function poolerRefusal(error: unknown, display: string): MigrationError | null {
  const said = saidByPooler(error);
  if (said === null) return null;
  const pooler = `The pooler at ${display}`;
  const refused = (what: string, hint: string) =>
    new MigrationError('source-refused', `${pooler} ${what} (${POOLER_STATE})`, { hint, cause: error });
  const unreachable = (what: string, hint: string) =>
    new MigrationError('source-unreachable', `${pooler} ${what} (${POOLER_STATE})`, { hint, cause: error });
  if (FULL.test(said)) {
    return unreachable(
      'has no connection to spare for another client',
      "Raise its max_client_conn (or the client limit of the database or user), lower --parallel, or go past it to the server's own port",
    );
  }
  if (WAITED.test(said)) {
    return unreachable(
      'got no connection to PostgreSQL in time',
      'Check that PostgreSQL runs and lets the pooler in, raise default_pool_size or query_wait_timeout of the pooler, or lower --parallel',
    );
  }
  if (DATABASE.test(said)) {
    return refused(
      'has no such database',
      'Check the database name at the end of the source URI, and [databases] of the pooler',
    );
  }
  if (LOGIN.test(said)) {
    return refused(
      'refused the user or password, or was refused with them by PostgreSQL',
      "Check user and password of the source, and auth_file, auth_query and auth_hba_file of the pooler; PostgreSQL's own port tells which of both refuses",
    );
  }
  const parameter = PARAMETER.exec(said);
  if (parameter !== null) {
    const name = parameter[1] ?? 'options';
    return refused(
      `does not pass on the parameter ${name} of the connection`,
      `Leave ${name === 'options' ? 'options, search_path and PGOPTIONS' : name} out of the source URI and the environment (the schema can be named by ?schema=NAME or source.schema), add ${name} to ignore_startup_parameters of the pooler, or use PostgreSQL's own port`,
    );
  }
  if (TLS_ONLY.test(said)) {
    return refused('takes connections with TLS only', 'Write sslmode=require or verify-full into the source URI');
  }
  return unreachable('broke off the connection', 'Its log says why; it is tried again for a while');
}
