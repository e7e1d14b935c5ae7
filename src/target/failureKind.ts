import {
  MongoBulkWriteError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { MigrationError } from '../errors.ts';
import { isWaitQueueTimeout } from './driverInternals.ts';
import { isPassingState } from './sqlState.ts';

/** Error codes that this program acts on: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml and cosmos-facts.md §5, §6. */
export const CODE = {
  internalError: 1,
  badValue: 2,
  exceededTimeLimit: 50,
  requestTooLarge: 16,
  duplicateKey: 11_000,
  tooManyRequests: 16_500,
  cannotCreateIndex: 67,
  unauthorized: 13,
  authenticationFailed: 18,
  atlasError: 8_000,
  namespaceNotFound: 26,
  indexNotFound: 27,
  illegalOperation: 20,
  cursorNotFound: 43,
  viewNotSupported: 166,
  /** Of the DocumentDB engine: it builds one index of a collection at a time. */
  indexBuildUnderWay: 40_333,
  databaseDifferCase: 13_297,
  outOfDiskSpace: 14_031,
} as const;

/** The server could not serve now but a moment later can: failover, shutdown, lost hosts, a cursor that is read from anew. */
const TRANSIENT_CODES: ReadonlySet<number> = new Set([
  CODE.internalError,
  CODE.cursorNotFound,
  CODE.exceededTimeLimit,
  CODE.indexBuildUnderWay,
  6,
  7,
  63,
  64,
  89,
  91,
  112,
  134,
  150,
  189,
  211,
  234,
  262,
  317,
  402,
  9001,
  10_107,
  11_600,
  11_602,
  13_388,
  13_435,
  13_436,
]);

/** How a failed command goes on. `unknown` outcomes (the connection broke, the time ran out) may have been applied. */
export type FailureKind = 'throttled' | 'unknown' | 'permanent';

/** Codes of Node's resolver for a host name; a URI of the form mongodb+srv asks for more than an address. */
export const RESOLVER_CODES: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ENODATA',
  'ESERVFAIL',
  'EREFUSED',
  'ETIMEOUT',
]);

/** Codes of a socket that ended: the driver passes on what a write that waits for its socket to drain ended with, as it is. */
const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTCONN',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ETIMEDOUT',
]);

/** Wait that a refusal names, in milliseconds; null where it names none. */
export function retryAfterMs(message: string): number | null {
  const match = /RetryAfterMs=(\d+)/.exec(message);
  return match === null ? null : Number(match[1]);
}

/** Wait that a failed command's error names, also one that wraps the server's; null where none does. */
export function toldWait(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  return retryAfterMs(error.message) ?? toldWait(error.cause);
}

/** {@link serverErrorCode}, also of an error that wraps the server's. */
export function failureCode(error: unknown): number | null {
  return error instanceof MigrationError ? failureCode(error.cause) : serverErrorCode(error);
}

/** Code of a server's error, also of one that the driver has wrapped. */
export function serverErrorCode(error: unknown): number | null {
  if (error instanceof MongoServerError && typeof error.code === 'number') return error.code;
  // What the driver makes of a write that the server calls illegal has lost its code.
  if (error instanceof MongoServerError && error['originalError'] !== undefined)
    return serverErrorCode(error['originalError']);
  if (error instanceof MongoBulkWriteError) return typeof error.code === 'number' ? error.code : null;
  return null;
}

/** What an error says of the command that failed; one that wraps another's says what that one does. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof MigrationError) return error.cause === undefined ? 'permanent' : failureKind(error.cause);
  const code = serverErrorCode(error);
  if (code === CODE.tooManyRequests) return 'throttled';
  if (code !== null && (TRANSIENT_CODES.has(code) || isPassingState(code))) return 'unknown';
  if (code !== null) return 'permanent';
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return 'unknown';
  if (error instanceof MongoTopologyClosedError || error instanceof MongoNotConnectedError) return 'unknown';
  if (isWaitQueueTimeout(error) || resolverCode(error) !== null || isSocketFailure(error)) return 'unknown';
  const wrapped = (error as { errorResponse?: unknown; cause?: unknown } | null)?.errorResponse;
  if (wrapped instanceof Error) return failureKind(wrapped);
  return 'permanent';
}

/** May an operation that the server refused with the code have been applied all the same, or be taken a moment later? */
export function isUnsettled(code: number): boolean {
  return code === CODE.exceededTimeLimit || isPassingState(code);
}

function isSocketFailure(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && SOCKET_CODES.has(code);
}

/** Did the driver find no server to send to, or give up looking for one? */
export function isWithoutServer(error: unknown): boolean {
  return error instanceof MongoServerSelectionError || error instanceof MongoTopologyClosedError;
}

/** The text of a server's refusal. Answers to `customAction` have it as `errMsg`, which the driver does not look for. */
export function refusalText(error: unknown): string {
  if (!(error instanceof MongoServerError)) return '';
  return `${error.message} ${String(error.errorResponse?.['errMsg'] ?? '')}`;
}

/** Code of an error that is the resolver's own: the driver passes on what looking up a `mongodb+srv` name ended with. */
export function resolverCode(error: unknown): string | null {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string') return null;
  return RESOLVER_CODES.has(code) || /^query(?:Srv|Txt)$/.test(String(syscall)) ? code : null;
}
