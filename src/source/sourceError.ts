import { MigrationError } from '../errors.ts';
import { isFullPooler, poolerRefusal } from './poolerRefusal.ts';

/** SQLSTATEs after which a fresh connection may succeed: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const TRANSIENT_STATES: ReadonlySet<string> = new Set([
  '40001', // serialization failure, also a conflict with recovery on a standby
  '57P01', // administrator shut the server down
  '57P02', // crash shutdown
  '57P03', // cannot connect now (starting up)
  '57014', // statement timeout or cancelled
  '57P05', // idle session timeout
  '25P03', // idle in transaction timeout
  '25P04', // transaction timeout
]);

/** Classes of SQLSTATEs that pass as well: connection exceptions, and insufficient resources (connections, memory, disk). */
const TRANSIENT_CLASSES = /^(?:08|53)/;

/** The server, or the role by its CONNECTION LIMIT, has no connection to spare. */
const TOO_MANY_CONNECTIONS = '53300';
const DISK_FULL = '53100';
/** A statement waited for a lock for longer than `lock_timeout`. */
const LOCKED = '55P03';
/** Of the limits of a configuration that this stands for, reading meets one: temp_file_limit. */
const LIMIT_EXCEEDED = '53400';

/** Of a login: a database that takes no connections, such as template0. */
const CLOSED_DATABASE = '55000';

/** What was planned is not there any more: a table, a column, a schema. */
const GONE_STATES: ReadonlySet<string> = new Set(['42P01', '42703', '3F000']);

/** Codes of Node's sockets and resolver. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Codes by which Node's TLS says that it does not accept the server's certificate. */
const CERTIFICATE_CODES =
  /^(?:CERT_|CRL_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|SELF_SIGNED_|UNABLE_TO_(?:GET_ISSUER|VERIFY))/;

/** Codes by which a handshake ends that finds no version, cipher or certificate for both. */
const HANDSHAKE_CODES = /^(?:EPROTO|ERR_SSL_)/;

/** A driver's or socket's error as a {@link MigrationError}, told by code; the server's own text may quote values and is left out. */
export function sourceError(error: unknown, display: string): MigrationError {
  if (error instanceof MigrationError) return error;
  const code = sourceErrorCode(error);
  const pooler = poolerRefusal(error, display);
  if (pooler !== null) return pooler;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new MigrationError('source-unreachable', `PostgreSQL host of ${display} cannot be resolved (${code})`, {
      hint: 'Check the host name in the source URI and the DNS of this machine',
      cause: error,
    });
  }
  if (code === 'ECONNREFUSED') {
    return new MigrationError('source-unreachable', `PostgreSQL at ${display} refused the connection (ECONNREFUSED)`, {
      hint: 'Check that the server runs and listens on that host and port',
      cause: error,
    });
  }
  if (code === '28P01' || code === '28000') {
    return new MigrationError('source-refused', `PostgreSQL at ${display} refused the user or password (${code})`, {
      hint: 'Check user and password of the source (the role needs LOGIN, and its password may have expired), and pg_hba.conf of the server',
      cause: error,
    });
  }
  if (code === '3D000') {
    return new MigrationError('source-refused', `PostgreSQL at ${display} has no such database (3D000)`, {
      hint: 'Check the database name at the end of the source URI',
      cause: error,
    });
  }
  if (code === CLOSED_DATABASE && isOfLogin(error)) {
    return new MigrationError('source-refused', `PostgreSQL at ${display} lets nobody into that database (${code})`, {
      hint: 'It is a template, or was closed with ALLOW_CONNECTIONS false: check the database name at the end of the source URI',
      cause: error,
    });
  }
  if (code === '42501') {
    return new MigrationError('source-refused', `PostgreSQL at ${display} denied a read (42501)`, {
      hint: 'Grant the user USAGE on the schema and SELECT on every table of it; row-level security needs BYPASSRLS',
      cause: error,
    });
  }
  if (code !== null && CERTIFICATE_CODES.test(code)) {
    return new MigrationError(
      'source-refused',
      `The certificate of PostgreSQL at ${display} was not accepted (${code})`,
      { hint: certificateHint(code), cause: error },
    );
  }
  if (code === null && isWithoutPassword(error)) {
    return new MigrationError(
      'source-refused',
      `PostgreSQL at ${display} asks for a password, and the source URI has none`,
      {
        hint: 'Write it into the URI (percent-encode @ and /), set PGPASSWORD, or name a password file in PGPASSFILE',
        cause: error,
      },
    );
  }
  if (code === null && isBrokenLogin(error)) {
    return new MigrationError(
      'source-refused',
      `PostgreSQL at ${display}, or a pooler before it, does not complete the login with SCRAM as the protocol has it`,
      {
        hint: 'Connect to the server itself, or correct auth_type and the stored password of the pooler: without its proof the server may be anybody',
        cause: error,
      },
    );
  }
  if (code === null && isWithoutTls(error)) {
    return new MigrationError(
      'source-refused',
      `PostgreSQL at ${display} does not speak TLS, which sslmode of the source URI asks for`,
      { hint: 'Switch TLS on at the server (ssl = on), or write sslmode=prefer or disable', cause: error },
    );
  }
  if (code !== null && GONE_STATES.has(code)) {
    return new MigrationError('source-refused', `PostgreSQL at ${display} no longer has a table or column (${code})`, {
      hint: 'It was dropped or renamed while the migration ran: start the migration again, so that it is planned anew',
      cause: error,
    });
  }
  if (code === TOO_MANY_CONNECTIONS) {
    return new MigrationError('source-unreachable', `PostgreSQL at ${display} has no connection to spare (${code})`, {
      hint: 'Raise max_connections of the server or the CONNECTION LIMIT of the role, or lower --parallel',
      cause: error,
    });
  }
  if (code === LIMIT_EXCEEDED) {
    return new MigrationError(
      'source-refused',
      `PostgreSQL at ${display} ended a query that needs more temporary files than temp_file_limit allows (${code})`,
      {
        hint: 'As a superuser: ALTER ROLE the user of the source URI SET temp_file_limit = -1, or enough for the largest table; or give the table a primary key, by whose index it is read in order',
        cause: error,
      },
    );
  }
  if (code === LOCKED) {
    return new MigrationError('source-unreachable', `A table of PostgreSQL at ${display} is locked (${code})`, {
      hint: 'ALTER TABLE, VACUUM FULL, LOCK TABLE and the like let nobody read until their transaction ends: pg_locks and pg_stat_activity tell whose it is',
      cause: error,
    });
  }
  if (code === DISK_FULL) {
    return new MigrationError('source-unreachable', `The disk of PostgreSQL at ${display} is full (${code})`, {
      hint: 'Make room on the server: reading in order may need temporary files there',
      cause: error,
    });
  }
  if (code !== null && (TRANSIENT_STATES.has(code) || TRANSIENT_CLASSES.test(code) || NETWORK_CODES.has(code))) {
    return new MigrationError(
      'source-unreachable',
      `Connection to PostgreSQL at ${display} was lost or refused (${code})`,
      {
        cause: error,
      },
    );
  }
  if (code === null && isConnectionLoss(error)) {
    return new MigrationError('source-unreachable', `Connection to PostgreSQL at ${display} was lost or timed out`, {
      hint: 'Check host, port and firewall, that PostgreSQL is running, and that it is PostgreSQL which answers there',
      cause: error,
    });
  }
  if (code !== null && HANDSHAKE_CODES.test(code)) {
    return new MigrationError(
      'source-refused',
      `PostgreSQL at ${display} and this program cannot agree on TLS (${code})`,
      {
        hint: 'Check ssl_min_protocol_version, ssl_max_protocol_version and client certificate, here and at the server',
        cause: error,
      },
    );
  }
  if (code !== null) {
    const [message, hint] = [
      `PostgreSQL at ${display} answered with SQLSTATE ${code}`,
      'Look the code up in the PostgreSQL manual, appendix A',
    ];
    return new MigrationError('source-refused', message, { hint, cause: error });
  }
  return new MigrationError('internal', `Reading from ${display} failed unexpectedly`, { cause: error });
}

/** Did the server refuse the session itself? The name of the routine is the same in every language. */
function isOfLogin(error: unknown): boolean {
  return (error as { routine?: unknown } | null)?.routine === 'CheckMyDatabase';
}

/** SQLSTATE of a server's error or code of a socket's, null where there is neither. */
export function sourceErrorCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  // Node tries every address of a host and wraps what each said.
  const inner = (error as { errors?: unknown } | null)?.errors;
  return Array.isArray(inner) && inner.length > 0 ? sourceErrorCode(inner[0]) : null;
}

function certificateHint(code: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return 'The certificate is for another host name: write the one that it names, or sslmode=verify-ca';
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'Renew the certificate of the server';
  return 'Name the certificate of its authority in sslrootcert; sslmode=require encrypts without looking at it';
}

/** `pg` says so by text only, where the server asks for SCRAM: with other methods the server refuses the empty password itself. */
function isWithoutPassword(error: unknown): boolean {
  return error instanceof Error && /^SASL: .*client password must be a/.test(error.message);
}

/** `pg` says by text only that an answer of SCRAM is missing or wrong, such as the server's signature (lib/crypto/sasl.js). */
function isBrokenLogin(error: unknown): boolean {
  return error instanceof Error && /^SASL: /.test(error.message);
}

/** By a conflict with what a standby replays, a time limit or an administrator: a shorter statement may end in time. */
const CANCELLED_STATES: ReadonlySet<string> = new Set(['40001', '57014']);

/** Is it what a {@link sourceError} says of a statement that the server has ended before its time? */
export function isCancelledByServer(error: unknown): boolean {
  return error instanceof MigrationError && CANCELLED_STATES.has(sourceErrorCode(error.cause) ?? '');
}

/** Was it a lock that was waited for too long? */
export function isLocked(error: unknown): boolean {
  return sourceErrorCode(error) === LOCKED;
}

/** Has the server, or a pooler in front of it, no connection to spare? Another one that is given back may do. */
export function isWithoutConnection(error: unknown): boolean {
  return sourceErrorCode(error) === TOO_MANY_CONNECTIONS || isFullPooler(error);
}

/** Does the server speak no TLS? `pg` says so by text only, after the server's answer to its first message. */
export function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}

/** `pg` reports these by text only: https://github.com/brianc/node-postgres/blob/master/packages/pg/lib/client.js. */
function isConnectionLoss(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return /Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|SSL|stream .*(closed|destroyed)|aborted|Premature close/i.test(
    text,
  );
}
