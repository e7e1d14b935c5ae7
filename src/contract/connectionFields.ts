import { z } from 'zod';
import { isAccountName, isHostName, isResourceGroupName, isSubscriptionId } from './azureNames.ts';
import { ACCOUNT_FLAVOURS } from './flavour.ts';

/** Key Vault allows letters, digits and dashes, settings letters, digits and underscores; the resolver translates. */
const secretName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,127}$/, 'must be the name of a secret or setting: letters, digits, - and _, at most 127');

const hostName = z.string().refine(isHostName, 'must be a host name without a port');
const accountName = z
  .string()
  .refine(
    (text) => isHostName(text) && isAccountName(text.split('.')[0] ?? ''),
    'must be the name of an account or cluster, 3 to 44 letters, digits and dashes, or its host name without a port',
  );
const resourceGroup = z
  .string()
  .refine(
    isResourceGroupName,
    'must be the name of a resource group: at most 90 letters, digits, _, -, ., ( and ), no . at the end',
  );
const identifier = z.string().min(1).max(255);
const clientId = z
  .string()
  .regex(/^[0-9A-Fa-f-]{36}$/, 'must be the client id (a GUID) of a user-assigned managed identity');

/** Fields by which a start request names its source. */
export const sourceFields = {
  secret: secretName
    .optional()
    .describe('Key Vault secret or setting that holds the PostgreSQL URI; default POSTGRES_URI'),
  server: hostName
    .optional()
    .describe("Azure Database for PostgreSQL server to log in to with the app's identity, in place of secret"),
  port: z.int().min(1).max(65_535).optional().describe('Port of server; default 5432'),
  database: identifier.optional().describe('Database on server; default mlflow'),
  user: identifier.optional().describe('Role on server that stands for the identity'),
  client_id: clientId.optional().describe('User-assigned identity to log in with; default AZURE_CLIENT_ID'),
  schema: identifier.optional().describe("Schema that holds MLflow's tables; default: the search_path of the login"),
};

/** Fields by which a start request names its target. */
export const targetFields = {
  secret: secretName.optional().describe('Key Vault secret or setting that holds the MongoDB URI; default MONGODB_URI'),
  account: accountName
    .optional()
    .describe("Azure Cosmos DB account or cluster to reach with the app's identity, in place of secret"),
  flavour: z.enum(ACCOUNT_FLAVOURS).optional().describe('Kind of account: "ru" (the default) or "vcore"'),
  database: identifier.optional().describe('Database to write to; default: the one of the URI, else mlflow_migrated'),
  resource_group: resourceGroup
    .optional()
    .describe('Resource group of an "ru" account; default: the one of the function app'),
  subscription: z
    .string()
    .refine(isSubscriptionId, 'must be a subscription id (a GUID)')
    .optional()
    .describe('Subscription of an "ru" account; default: the one of the function app'),
  client_id: clientId.optional().describe('User-assigned identity to use; default AZURE_CLIENT_ID'),
  large_documents: z
    .boolean()
    .optional()
    .describe(
      'The account takes documents of 16 MB (EnableMongo16MBDocumentSupport); default false: 2 MB on request units',
    ),
};
