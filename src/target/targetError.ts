import { MongoInvalidArgumentError, MongoParseError, MongoServerSelectionError } from 'mongodb';
import { MigrationError } from '../errors.ts';
import { isWaitQueueTimeout } from './driverInternals.ts';
import { CODE, failureKind, RESOLVER_CODES, refusalText, resolverCode, serverErrorCode } from './failureKind.ts';
import type { RequestLimits } from './requestLimits.ts';
import { serverRefusal } from './serverRefusal.ts';
import { showCode } from './sqlState.ts';

const NO_SERVER = 'no server answered in time';
/** Another program that listens there closes the connection, or keeps silent. */
const NO_ANSWER =
  'Check host, port, firewall and TLS, that the target is running, and that it is MongoDB which answers there';
/** A full disk is no answer of mongod: it ends. */
const NOBODY_LISTENS =
  'Check host and port, and that the target is running. Where it has run until now, its log tells why it ended: a full disk ends mongod';

/**
 * The limit that an account with request units has for all its throughput together, and what it would have come to, in RU/s;
 * null where the refusal is another one. Only the text tells it: the code is 2, which stands for much else.
 */
function accountLimit(error: unknown): { limit: number; wanted: number | null } | null {
  const text = refusalText(error);
  const limit = /total throughput limit of (\d+)/i.exec(text)?.[1];
  if (limit === undefined) return null;
  const wanted = /increased the total throughput to (\d+)/i.exec(text)?.[1];
  return { limit: Number(limit), wanted: wanted === undefined ? null : Number(wanted) };
}

/** A driver's error as a {@link MigrationError}; texts of the server may quote values and are left out. */
export function targetError(error: unknown, display: string): MigrationError {
  if (error instanceof MigrationError) return error;
  const code = serverErrorCode(error);
  if (code === CODE.authenticationFailed || code === CODE.atlasError) {
    return refusedLogin(display, ` (${code})`, error);
  }
  const limit = accountLimit(error);
  if (limit !== null) {
    return new MigrationError(
      'target-refused',
      `The account of ${display} has a total throughput limit of ${limit.limit} RU/s, and what is to be made ${limit.wanted === null ? 'goes over it' : `would bring it to ${limit.wanted} RU/s`} (${code})`,
      {
        hint: 'Raise the limit in the portal (Cost Management of the account), or make the database beforehand, with throughput that its collections share',
        cause: error,
      },
    );
  }
  const refusal = code === null ? null : serverRefusal(error, code, display);
  if (refusal !== null) return refusal;
  if (code === CODE.tooManyRequests) {
    return new MigrationError(
      'target-throttled',
      `The target ${display} refuses requests for lack of throughput (16500)`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof MongoParseError || error instanceof MongoInvalidArgumentError) {
    return new MigrationError('config', `The target URI of ${display} is not valid`, {
      hint: 'See https://www.mongodb.com/docs/manual/reference/connection-string/ for its form',
      cause: error,
    });
  }
  const unreadable = unreadableFile(error);
  if (unreadable !== null) {
    return new MigrationError(
      'config',
      `The target URI of ${display} names a file that cannot be read: ${unreadable}`,
      {
        hint: 'Check the paths of tlsCAFile and tlsCertificateKeyFile, and their permissions',
        cause: error,
      },
    );
  }
  if (error instanceof MongoServerSelectionError && /requires at least \d+/.test(error.message)) {
    return new MigrationError('target-refused', `The server at ${display} is too old for this program`, {
      hint: 'MongoDB 4.4 is the oldest: raise the server version of the Cosmos DB account, or upgrade MongoDB',
      cause: error,
    });
  }
  if (isAuthenticationFailure(error)) return refusedLogin(display, '', error);
  if (isWithoutProof(error)) {
    return new MigrationError(
      'target-refused',
      `The target ${display}, or a proxy in front of it, did not prove in the login that it knows the password (SCRAM)`,
      {
        hint: 'The connection may lead to another server than the one meant, or through a proxy that breaks SCRAM: check host and port, and go past the proxy',
        cause: error,
      },
    );
  }
  const unresolved = resolverCode(error) ?? (RESOLVER_CODES.has(networkReason(error)) ? networkReason(error) : null);
  if (code === null && unresolved !== null) {
    return new MigrationError(
      'target-unreachable',
      `The host of the target ${display} cannot be resolved (${unresolved})`,
      {
        hint: 'Check the host name in the target URI and the DNS of this machine',
        cause: error,
      },
    );
  }
  if (isWaitQueueTimeout(error)) {
    return new MigrationError('target-unreachable', `No connection to the target ${display} became free in time`, {
      hint: 'Raise maxPoolSize or waitQueueTimeoutMS in the target URI, or leave them out',
      cause: error,
    });
  }
  const set = otherReplicaSet(error);
  if (set !== null) {
    return new MigrationError(
      'target-unreachable',
      `No host of the target ${display} is a member of the replica set ${set}`,
      {
        hint: 'Correct replicaSet in the target URI (rs.status().set tells the name), or leave it out for a server that is in none',
        cause: error,
      },
    );
  }
  if (code === null && failureKind(error) === 'unknown') {
    return new MigrationError(
      'target-unreachable',
      `The target ${display} cannot be reached (${networkReason(error)})`,
      {
        ...(networkReason(error) === 'ECONNREFUSED' ? { hint: NOBODY_LISTENS } : {}),
        ...(networkReason(error) === NO_SERVER ? { hint: NO_ANSWER } : {}),
        cause: error,
      },
    );
  }
  if (code !== null && failureKind(error) === 'unknown') {
    return new MigrationError('target-unreachable', `The target ${display} cannot serve now (code ${code})`, {
      cause: error,
    });
  }
  if (code === CODE.databaseDifferCase) return differsInCase(error, display);
  if (code !== null) {
    return new MigrationError('target-refused', `The target ${display} refused a command (${showCode(code)})`, {
      hint: 'Look the code up in the error codes of the server',
      cause: error,
    });
  }
  return new MigrationError('internal', `Writing to ${display} failed unexpectedly`, { cause: error });
}

function refusedLogin(display: string, code: string, cause: unknown): MigrationError {
  return new MigrationError('target-refused', `The target ${display} refused the user or password${code}`, {
    hint: 'Check user, password and authSource of the target',
    cause,
  });
}

/** The failure of work over a client that is stuck. It has no cause that would let anybody try again over the same client. */
export function noServerFound(display: string): MigrationError {
  return new MigrationError('target-unreachable', `The target ${display} cannot be reached (${NO_SERVER})`);
}

/** The answer to a question that is answered soon; throws the driver's errors as {@link targetError} says them, and the reason of a signal that has aborted. */
export async function askTarget<T>(
  { display, limits }: { readonly display: string; readonly limits: RequestLimits },
  ask: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await limits.within(ask);
  } catch (error) {
    signal?.throwIfAborted();
    throw targetError(error, display);
  }
}

/** What the server says of its refusal to make a database, told as {@link nameDiffersInCase}. */
function differsInCase(error: unknown, display: string): MigrationError {
  const text = error instanceof Error ? error.message : '';
  const [, there, asked] = /already have: \[([^\]]+)\] trying to create \[([^\]]+)\]/.exec(text) ?? [];
  return nameDiffersInCase(display, asked ?? null, there ?? null, error);
}

/** The refusal of a database beside one whose name differs in upper and lower case only, of which MongoDB keeps no two. Names of databases are no values: both are told. */
export function nameDiffersInCase(
  display: string,
  asked: string | null,
  there: string | null,
  cause?: unknown,
): MigrationError {
  const other = there === null ? 'another one' : `the database ${there}`;
  const which = asked === null ? 'its database' : `the database ${asked}`;
  return new MigrationError(
    'target-refused',
    `The target ${display} cannot make ${which} beside ${other}, whose name differs from it in upper and lower case only (${CODE.databaseDifferCase})`,
    {
      hint: `Write the name of the one that is there as it is written there${there === null ? '' : `, ${there}`}, or choose a name that differs in more than case`,
      cause,
    },
  );
}

/** Path and code, where the driver could not open a certificate or key that the URI names. */
function unreadableFile(error: unknown): string | null {
  const { code, syscall, path } = (error ?? {}) as { code?: unknown; syscall?: unknown; path?: unknown };
  if (typeof path !== 'string' || (syscall !== 'open' && syscall !== 'read')) return null;
  return `${path} (${String(code)})`;
}

function isAuthenticationFailure(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < 4 && current instanceof Error; depth++) {
    const code = serverErrorCode(current);
    if (code === CODE.authenticationFailed || code === CODE.atlasError) return true;
    current = current.cause;
  }
  return false;
}

/** The driver says so by text only: https://github.com/mongodb/node-mongodb-native/blob/main/src/cmap/auth/scram.ts. */
function isWithoutProof(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (/^Server returned an invalid (?:signature|nonce|iteration count)/.test(current.message)) return true;
  }
  return false;
}

/** The replica set that a URI asks for where no host is of it: the driver strikes those off that answer with another name, or with none. */
function otherReplicaSet(error: unknown): string | null {
  if (!(error instanceof MongoServerSelectionError)) return null;
  const { servers, setName = null }: Partial<NonNullable<typeof error.reason>> = error.reason ?? {};
  return servers?.size === 0 ? setName : null;
}

/** The resolver's or socket's code inside a driver's error, such as ENOTFOUND. */
function networkReason(error: unknown): string {
  let current: unknown = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth++) {
    const code = (current as { code?: unknown }).code;
    if (typeof code === 'string') return code;
    const found =
      /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|EAI_FAIL|EHOSTUNREACH|CERT_[A-Z_]+|DEPTH_ZERO_[A-Z_]+|ERR_TLS[A-Z_]*)\b/.exec(
        current.message,
      );
    if (found !== null) return found[1] as string;
    current = current.cause;
  }
  return error instanceof MongoServerSelectionError ? NO_SERVER : 'connection lost';
}
