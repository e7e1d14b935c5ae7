import type pg from 'pg';
import type { TargetSession } from '../contract/targetSession.ts';
import { MigrationError } from '../errors.ts';
import { wantsTls } from './poolerRefusal.ts';
import { isWithoutTls, sourceError, sourceErrorCode } from './sourceError.ts';

/** One of the servers that a source may be read from. */
export interface SourceHost {
  /** `host:port`, safe to show. */
  readonly label: string;
  /** The ways to encrypt that are allowed, tried in order. */
  readonly ways: readonly pg.ClientConfig[];
}

/** What a fresh session says of its server. */
export interface SessionState {
  readonly isReadOnly: boolean;
  readonly isInRecovery: boolean;
}

/** `invalid_authorization_specification`: pg_hba.conf has no line for a connection of this kind, encrypted or not. */
const NO_SUCH_WAY = '28000';
const CANNOT_CONNECT_NOW = '57P03';
/** Codes of errors of the server itself; no class begins with the E of Node's codes. */
const SQL_STATE = /^[0-9A-DF-Z][0-9A-Z]{4}$/;

/** Asks a fresh session, as libpq does, what it may be used for. */
export async function readSession(client: pg.ClientBase): Promise<SessionState> {
  const { rows } = await client.query<SessionState>(
    `select current_setting('transaction_read_only') = 'on' as "isReadOnly", pg_catalog.pg_is_in_recovery() as "isInRecovery"`,
  );
  return rows[0] as SessionState;
}

/**
 * Whether a session will do (null), or why not, in words for a message that names the host. `prefer-standby` means a standby
 * here: where there is none, `any` is asked next.
 */
export function sessionFault(wanted: TargetSession, state: SessionState): string | null {
  // A standby takes no writes either, nor does a primary whose default is read-only: libpq keeps these questions apart too.
  switch (wanted) {
    case 'any':
      return null;
    case 'read-write':
      return state.isReadOnly ? (state.isInRecovery ? 'is a standby' : 'takes no writes') : null;
    case 'read-only':
      return state.isReadOnly ? null : 'takes writes';
    case 'primary':
      return state.isInRecovery ? 'is a standby' : null;
    case 'standby':
    case 'prefer-standby':
      return state.isInRecovery ? null : 'is not a standby';
  }
}

/**
 * May the next host be tried after this failure? As in libpq, where there is no server, or none that is ready; a server that
 * refuses the login is the right one, with a wrong password.
 */
export function mayTryNextHost(error: unknown): boolean {
  const code = sourceErrorCode(error);
  if (code !== null && SQL_STATE.test(code)) return code === CANNOT_CONNECT_NOW;
  return sourceError(error, '').kind === 'source-unreachable';
}

/** May the next way to encrypt be tried on the same host? Where the server does not speak TLS, where the handshake fails, or where pg_hba.conf wants the other way. */
export function mayTryNextWay(error: unknown): boolean {
  const code = sourceErrorCode(error);
  if (code === NO_SUCH_WAY || wantsTls(error)) return true;
  return isWithoutTls(error) || code === 'EPROTO' || /^ERR_SSL_/.test(code ?? '');
}

/** Of the failures of all ways to encrypt on one host, the one that says why. */
export function tellingFailure(failures: readonly unknown[]): unknown {
  return failures.findLast((failure) => !isWithoutTls(failure)) ?? failures.at(-1);
}

/** The failure to report where no host will do. `mismatches` are hosts that answered and did not fit, with the reason. */
export function noHostFailure(
  wanted: TargetSession,
  mismatches: readonly string[],
  error: unknown,
  display: string,
): MigrationError {
  if (mismatches.length === 0) return sourceError(error, display);
  const unreachable = error === null ? '' : '; the others did not answer';
  return new MigrationError(
    'source-unreachable',
    `No host of ${display} has what target_session_attrs=${wanted} asks for: ${mismatches.join(', ')}${unreachable}`,
    {
      hint: 'Name the right server among the hosts, or another value of target_session_attrs',
      cause: error ?? undefined,
    },
  );
}
