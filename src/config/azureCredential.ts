/** A Microsoft Entra access token; `expiresOnTimestamp` in milliseconds since 1970. */
export interface AccessToken {
  readonly token: string;
  readonly expiresOnTimestamp: number;
}

/** Scope of tokens for Azure Database for PostgreSQL, which DocumentDB clusters share (cosmos-facts §4). */
export const DATABASE_SCOPE = 'https://ossrdbms-aad.database.windows.net/.default';

/** Gets a token for a scope, as the user-assigned identity of that client id, or as the default one. */
export type GetToken = (scope: string, clientId: string | null) => Promise<AccessToken>;

/** Reads a Key Vault secret; undefined when the vault has none of that name. */
export type GetVaultSecret = (vaultUri: string, name: string, clientId: string | null) => Promise<string | undefined>;

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

/** {@link GetToken} with the app's own identity, or the developer's login. */
export const getAzureToken: GetToken = async (scope, clientId) => (await credentialFor(clientId)).getToken(scope);

/** {@link GetVaultSecret} with the app's own identity. */
export const getAzureVaultSecret: GetVaultSecret = async (vaultUri, name, clientId) => {
  const { SecretClient } = await import('@azure/keyvault-secrets');
  const client = new SecretClient(vaultUri, await credentialFor(clientId));
  try {
    return (await client.getSecret(name)).value;
  } catch (error) {
    if ((error as { statusCode?: unknown }).statusCode === 404) return undefined;
    throw error;
  }
};
