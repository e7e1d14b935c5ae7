import type { RestError } from '@azure/storage-blob';
import { ERROR_POLICY, MigrationError } from '../errors.ts';

/** What an account says when it lets nobody in, by Azure's own names, and where to look then. */
const REFUSALS: Readonly<Record<string, string>> = {
  AuthenticationFailed:
    'Put the present key of the account into AzureWebJobsStorage, if it was rotated; check the clock of this machine',
  // Azure says so for an address that its firewall keeps out, Azurite for a wrong key.
  AuthorizationFailure:
    'Look at the firewall and the private endpoints of the account, and whether its key was rotated',
  AuthorizationPermissionMismatch:
    'Give the identity that the app logs in with its roles on the account: a new assignment takes up to ten minutes',
  KeyBasedAuthenticationNotPermitted:
    'The account takes no keys any more: set AzureWebJobsStorage__blobServiceUri for identity-based access',
};
const ANY_REFUSAL = 'Look at the key or the roles that the app logs in with, and at the firewall of the account';
const GOES_ON = 'a migration that has ended meanwhile goes on with --resume';

/** Asked by name, as the class is not loaded before the first use. */
export function isRestError(error: unknown): error is RestError {
  return error instanceof Error && error.name === 'RestError';
}

/**
 * A failed use of blob storage, as `storage-unavailable`: also a refusal passes, as keys are rotated, and roles and firewall rules
 * take minutes to be in force. `host` is null before the account was opened, `limitMs` where the use ended in its time.
 */
export function storageFailure(error: unknown, host: string | null, limitMs: number | null): MigrationError {
  const storage = `Blob storage${host === null ? '' : ` at ${host}`}`;
  const tell = (what: string, hint: string) =>
    new MigrationError('storage-unavailable', `${storage} ${what}`, { hint, cause: error });
  if (limitMs !== null) {
    return tell(
      `gave no answer within ${limitMs / 1000} s`,
      'Check that the account can be reached from here, and the identity that the app logs in with',
    );
  }
  const { statusCode, code, response } = isRestError(error) ? error : ({} as Partial<RestError>);
  if (statusCode === 401 || statusCode === 403) {
    // An answer without a body has it in its header alone.
    const name = /^[A-Za-z]+$/.exec(response?.headers.get('x-ms-error-code') ?? code ?? '')?.[0];
    const hint = (name === undefined ? undefined : REFUSALS[name]) ?? ANY_REFUSAL;
    return tell(`refuses access (${statusCode}${name === undefined ? '' : ` ${name}`})`, `${hint}; ${GOES_ON}`);
  }
  const status = statusCode ?? code;
  const told = status === undefined ? '' : ` (${status})`;
  return tell(`did not answer as expected${told}`, ERROR_POLICY['storage-unavailable'].hint);
}
