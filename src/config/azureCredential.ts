import { MigrationError } from '../errors.ts';
import { untilAborted } from '../untilAborted.ts';

/** A Microsoft Entra access token; `expiresOnTimestamp` in milliseconds since 1970. */
export interface AccessToken {
  readonly token: string;
  readonly expiresOnTimestamp: number;
}

/** Scope of tokens for Azure Database for PostgreSQL, which DocumentDB clusters share (cosmos-facts §4). */
export const DATABASE_SCOPE = 'https://ossrdbms-aad.database.windows.net/.default';

/** Gets a token for a scope, as the user-assigned identity of that client id, or as the default one. */
export type GetToken = (
  scope: string,
  clientId: string | null,
  /** Milliseconds for the answer; half a minute without. */
  limitMs?: number,
) => Promise<AccessToken>;

/** Reads a Key Vault secret; undefined when the vault has none of that name. */
export type GetVaultSecret = (
  vaultUri: string,
  name: string,
  clientId: string | null,
  /** Milliseconds for the answer; half a minute without. */
  limitMs?: number,
) => Promise<string | undefined>;

// The credential caches tokens and renews them; a new one per call would ask the identity endpoint every time.
const credentials = new Map<string | null, Promise<import('@azure/identity').DefaultAzureCredential>>();

/** The app's credential. `@azure/identity` is loaded on first use: a third of the start-up time, and not needed locally. */
function credentialFor(clientId: string | null): Promise<import('@azure/identity').DefaultAzureCredential> {
  const known = credentials.get(clientId);
  if (known !== undefined) return known;
  const created = import('@azure/identity').then(
    ({ DefaultAzureCredential }) =>
      new DefaultAzureCredential(clientId === null ? {} : { managedIdentityClientId: clientId }),
  );
  credentials.set(clientId, created);
  return created;
}

/** Azure's clients wait for an answer for ever: a question to the identity endpoint or a vault ends after so long. */
const ANSWER_LIMIT_MS = 30_000;

/** What is asked with a signal that ends it; throws the signal's reason for those that do not hear it. */
async function within<T>(limitMs: number, ask: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  const abortSignal = AbortSignal.timeout(limitMs);
  return await untilAborted(ask(abortSignal), abortSignal);
}

/** {@link GetToken} with the app's own identity, or the developer's login. Throws a TimeoutError where there is no answer. */
export const getAzureToken: GetToken = (scope, clientId, limitMs = ANSWER_LIMIT_MS) =>
  within(limitMs, async (abortSignal) => (await credentialFor(clientId)).getToken(scope, { abortSignal }));

/** Why there is no token for something, which may be tried again where nothing answered. */
export function noToken(error: unknown, end: 'source' | 'target', what: string): MigrationError {
  const hint = 'Check that the app has an identity (AZURE_CLIENT_ID for a user-assigned one)';
  if (error instanceof Error && error.name === 'TimeoutError') {
    const message = `The identity endpoint gave no answer when asked for a Microsoft Entra token for ${what}`;
    return new MigrationError(`${end}-unreachable`, message, { hint, cause: error });
  }
  const message = `No Microsoft Entra token for ${what} could be obtained`;
  return new MigrationError(`${end}-refused`, message, { hint, cause: error });
}

/** {@link GetVaultSecret} with the app's own identity. Throws a TimeoutError where there is no answer. */
export const getAzureVaultSecret: GetVaultSecret = async (vaultUri, name, clientId, limitMs = ANSWER_LIMIT_MS) => {
  const { SecretClient } = await import('@azure/keyvault-secrets');
  const client = new SecretClient(vaultUri, await credentialFor(clientId));
  try {
    return (await within(limitMs, (abortSignal) => client.getSecret(name, { abortSignal }))).value;
  } catch (error) {
    if ((error as { statusCode?: unknown }).statusCode === 404) return undefined;
    throw error;
  }
};
