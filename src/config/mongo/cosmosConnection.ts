import { z } from 'zod';
import { isAccountName, isResourceGroupName } from '../../contract/azureNames.ts';
import type { TargetRef } from '../../contract/migrationRequest.ts';
import { MigrationError } from '../../errors.ts';
import { type GetToken, noToken } from '../azureCredential.ts';

const ARM = 'https://management.azure.com';
const ARM_SCOPE = `${ARM}/.default`;
// Version of the resource provider's API that knows MongoDB accounts of every server version in service.
const API_VERSION = '2024-11-15';

const ConnectionStrings = z.object({
  connectionStrings: z.array(z.object({ connectionString: z.string(), description: z.string().optional() })),
});

type CosmosRef = Extract<TargetRef, { kind: 'cosmos-identity' }>;

/** Hosts of request-unit accounts: never a retryable write, and idle connections are dropped after four minutes (cosmos-facts §1, §2). */
export function isCosmosHost(host: string): boolean {
  return /\.mongo\.cosmos\.azure\.(?:com|us|cn)$/i.test(host) || /\.documents\.azure\.(?:com|us|cn)$/i.test(host);
}

/** Hosts of DocumentDB (vCore) clusters. */
export function isClusterHost(host: string): boolean {
  return /\.mongocluster\.cosmos\.azure\.(?:com|us|cn)$/i.test(host);
}

/**
 * The connection string of a request-unit account, fetched with the app's identity through Azure Resource Manager, as there is
 * no Entra login for its data (cosmos-facts §4). It holds the account's key: keep it in memory only. At most 500 such calls
 * in five minutes are allowed, so the caller caches it. Throws MigrationError.
 */
export async function fetchAccountUri(
  ref: CosmosRef,
  place: {
    readonly subscription: string | null;
    readonly resourceGroup: string | null;
    readonly clientId: string | null;
  },
  getToken: GetToken,
  fetchUrl: typeof fetch,
): Promise<string> {
  const { subscription, resourceGroup } = place;
  if (subscription === null || resourceGroup === null) {
    const missing = subscription === null ? 'destination.subscription' : 'destination.resource_group';
    throw new MigrationError('config', `${missing} is missing for the account ${ref.account}`, {
      hint: 'Give it in the request, or set AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP',
    });
  }
  const account = ref.account.split('.')[0] ?? ref.account;
  // Requests of earlier releases and settings come here without having been looked at.
  if (!isResourceGroupName(resourceGroup) || !isAccountName(account)) {
    const unfit = isAccountName(account) ? 'The resource group' : 'destination.account';
    throw new MigrationError('config', `${unfit} for the account is no name that Azure gives`, {
      hint: 'Correct destination.account and destination.resource_group, or the setting AZURE_RESOURCE_GROUP',
    });
  }
  const path = ['subscriptions', subscription, 'resourceGroups', resourceGroup, 'providers', 'Microsoft.DocumentDB']
    .concat('databaseAccounts', account, 'listConnectionStrings')
    .map(encodeURIComponent)
    .join('/');
  const { token } = await getToken(ARM_SCOPE, place.clientId).catch((error: unknown) => {
    throw noToken(error, 'target', `Azure Resource Manager, which has the keys of the account ${account}`);
  });
  let response: Response;
  try {
    response = await fetchUrl(`${ARM}/${path}?api-version=${API_VERSION}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    throw new MigrationError(
      'target-unreachable',
      `Azure did not answer when asked for the keys of the account ${account}`,
      {
        hint: "Check the app's identity, and that it can reach management.azure.com",
        cause: error,
      },
    );
  }
  if (!response.ok) {
    const isTransient = response.status === 429 || response.status >= 500;
    throw new MigrationError(
      isTransient ? 'target-unreachable' : 'target-refused',
      `Azure refused the keys of the account ${account} (HTTP ${response.status})`,
      {
        hint: 'The identity needs Microsoft.DocumentDB/databaseAccounts/listConnectionStrings/action on the account, such as the role DocumentDB Account Contributor; check subscription and resource group too',
      },
    );
  }
  const parsed = ConnectionStrings.safeParse(await response.json());
  const found = parsed.data?.connectionStrings.find(({ connectionString }) => /^mongodb/i.test(connectionString));
  if (found === undefined) {
    throw new MigrationError('target-refused', `The account ${account} has no MongoDB connection string`, {
      hint: 'Is it an account for the API for MongoDB, with keys enabled?',
    });
  }
  return found.connectionString;
}

/** Host of a DocumentDB cluster that is named with or without its domain. Throws MigrationError('config') for any other host, as the login would hand it a token. */
export function clusterHost(account: string): string {
  if (!account.includes('.')) return `${account}.mongocluster.cosmos.azure.com`;
  if (isClusterHost(account)) return account;
  throw new MigrationError('config', 'destination.account is not an Azure Cosmos DB cluster', {
    hint: 'Give the name of the cluster or its host under mongocluster.cosmos.azure.com; for other servers use destination.secret',
  });
}
