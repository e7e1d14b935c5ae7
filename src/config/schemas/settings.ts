import { z } from 'zod';
import { MigrationError } from '../../errors.ts';
import { type AllowedConnections, readAllowedConnections } from '../allowedConnections.ts';
import { describeFaults } from '../describeFaults.ts';
import type { Environment } from '../environment.ts';
import { isStorageConnection } from '../isStorageConnection.ts';
import { LOCAL_HOST } from '../localHost.ts';
import { refuseNearMisses } from '../settingNames.ts';
import { storageDirectory } from '../storageDirectory.ts';
import { INSIGHTS_CONNECTION, type TelemetrySettings, telemetryOf } from '../telemetrySettings.ts';

const url = z
  .string()
  .regex(/^https?:\/\/[^\s]+$/, 'must be a URL that starts with https://')
  .optional();
const text = z.string().optional();

/** One app setting: `secret` ones are never printed, `example` is what local.settings.example.json shows. */
export interface SettingDescription {
  readonly name: keyof typeof settingShape;
  readonly description: string;
  readonly secret: boolean;
  /** Value when the setting is missing; null when there is none. */
  readonly default: string | null;
  /** Value in local.settings.example.json; null leaves the setting out of `Values`. */
  readonly example: string | null;
}

const settingShape = {
  AzureWebJobsStorage: z
    .string()
    .refine(
      (given) => isStorageConnection(given) || storageDirectory(given) !== null,
      'must be the connection string of a storage account (DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=…), or UseDevelopmentStorage=true',
    )
    .optional(),
  AzureWebJobsStorage__accountName: text,
  AzureWebJobsStorage__blobServiceUri: url,
  AzureWebJobsStorage__queueServiceUri: url,
  AzureWebJobsStorage__tableServiceUri: url,
  AzureWebJobsStorage__credential: text,
  AzureWebJobsStorage__clientId: text,
  FUNCTIONS_WORKER_RUNTIME: text,
  TASKHUB_NAME: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{2,44}$/, 'must be 3 to 45 letters and digits, a letter first')
    .optional(),
  KEY_VAULT_URI: url,
  AZURE_CLIENT_ID: text,
  AZURE_SUBSCRIPTION_ID: text,
  AZURE_RESOURCE_GROUP: text,
  ALLOWED_SECRETS: text,
  ALLOWED_SERVERS: text,
  ALLOWED_ACCOUNTS: text,
  POSTGRES_URI: text,
  MONGODB_URI: text,
  AUTONOMIZE_POSTGRES_URI: text,
  APPLICATIONINSIGHTS_CONNECTION_STRING: z
    .string()
    .regex(INSIGHTS_CONNECTION, 'must hold InstrumentationKey=…, and https:// in IngestionEndpoint')
    .optional(),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: text,
  REPORT_SIGNING_KEY: text,
  PGCONNECT_TIMEOUT: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number of seconds')
    .optional(),
};

/** The app settings that this program reads, the others of the platform are left alone. */
const Settings = z.object(settingShape);

function setting(
  name: SettingDescription['name'],
  description: string,
  rest: Partial<SettingDescription> = {},
): SettingDescription {
  return {
    name,
    description,
    secret: false,
    default: null,
    example: null,
    ...rest,
  };
}

/** Every app setting of the function app. The README's table and local.settings.example.json are tested against this list. */
export const SETTINGS: readonly SettingDescription[] = [
  setting(
    'AzureWebJobsStorage',
    'Connection string of the storage account for host, durable state and reports; on the local host also a directory, as a file: URL',
    {
      secret: true,
      example: 'UseDevelopmentStorage=true',
    },
  ),
  setting(
    'AzureWebJobsStorage__accountName',
    "Storage account to reach with the app's identity, in place of a connection string",
  ),
  setting(
    'AzureWebJobsStorage__blobServiceUri',
    "Blob endpoint to reach with the app's identity, in place of a connection string",
  ),
  setting('AzureWebJobsStorage__queueServiceUri', 'Queue endpoint for the same; read by the Functions host'),
  setting('AzureWebJobsStorage__tableServiceUri', 'Table endpoint for the same; read by the Functions host'),
  setting('AzureWebJobsStorage__credential', "managedidentity, when storage is reached with the app's identity"),
  setting('AzureWebJobsStorage__clientId', 'Client id of the user-assigned identity for storage'),
  setting('FUNCTIONS_WORKER_RUNTIME', 'Language of the app; read by the Functions host', {
    default: 'node',
    example: 'node',
  }),
  setting(
    'TASKHUB_NAME',
    'Durable task hub: state of apps that share a storage account is kept apart by it. Read by the Functions host, which does not start without it; the command sets MlflowMigrate where there is none',
    { example: 'MlflowMigrate' },
  ),
  setting('KEY_VAULT_URI', 'Key Vault that holds the connection URIs; without it they are read from settings'),
  setting('AZURE_CLIENT_ID', 'Client id of the user-assigned identity for Key Vault and the databases'),
  setting('AZURE_SUBSCRIPTION_ID', 'Subscription of the Cosmos DB account; by default that of the function app'),
  setting('AZURE_RESOURCE_GROUP', 'Resource group of the Cosmos DB account; by default that of the function app'),
  setting(
    'ALLOWED_SECRETS',
    'Secrets that requests may name, separated by commas. Without it: on Azure POSTGRES-URI, MONGODB-URI and AUTONOMIZE-POSTGRES-URI, elsewhere any; never a setting of the app itself',
  ),
  setting(
    'ALLOWED_SERVERS',
    'PostgreSQL servers that requests may name, separated by commas. Without it: on Azure none, elsewhere any',
  ),
  setting(
    'ALLOWED_ACCOUNTS',
    'Cosmos DB accounts and clusters that requests may name, separated by commas. Without it: on Azure none, elsewhere any',
  ),
  setting('POSTGRES_URI', 'PostgreSQL URI of the source, where no Key Vault holds it', {
    secret: true,
    example: 'postgresql://user:password@localhost:5432/mlflow',
  }),
  setting('MONGODB_URI', 'MongoDB URI of the target, where no Key Vault holds it', {
    secret: true,
    example: 'mongodb://localhost:27017/mlflow_migrated',
  }),
  setting('AUTONOMIZE_POSTGRES_URI', 'PostgreSQL URI of the preset --quick-migrate-autonomize', {
    secret: true,
  }),
  setting(
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
    'Application Insights component that takes telemetry; read by the Functions host too. Not a secret where the component takes logins only',
  ),
  setting(
    'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
    "ClientId=…;Authorization=AAD, to send telemetry with the app's identity; read by the Functions host too",
  ),
  setting(
    'REPORT_SIGNING_KEY',
    'Ed25519 private key that reports are signed with: PKCS#8 as PEM, or its DER in base64. Without it the secret REPORT-SIGNING-KEY of the Key Vault; the command makes one in its state directory',
    { secret: true },
  ),
  setting('PGCONNECT_TIMEOUT', 'Seconds until a connection to PostgreSQL counts as failed', {
    default: '10',
    example: '10',
  }),
];

/** Where the app's blobs are: in a storage account, as the storage room takes it (`BlobAccount`), or in a directory. The connection string is a secret. */
export type StorageSettings =
  | { readonly directory: string }
  | { readonly connectionString: string }
  | { readonly serviceUrl: string; readonly clientId: string | undefined };

/** App settings, checked and with defaults. Connection URIs are not in here: the connection resolver reads them by name. */
export interface AppSettings {
  /** Null when no storage is configured. */
  readonly storage: StorageSettings | null;
  /** As the Functions host takes it; null where it is left to host.json. */
  readonly taskHub: string | null;
  readonly keyVaultUri: string | null;
  readonly clientId: string | null;
  readonly subscription: string | null;
  readonly resourceGroup: string | null;
  readonly allowedConnections: AllowedConnections;
  /** Null where no Application Insights component is named. */
  readonly telemetry: TelemetrySettings | null;
  readonly pgConnectTimeoutSeconds: number;
}

function defaultOf(name: SettingDescription['name']): string {
  return SETTINGS.find((setting) => setting.name === name)?.default ?? '';
}

function storageOf(values: z.infer<typeof Settings>, env: Environment): StorageSettings | null {
  const given = values.AzureWebJobsStorage;
  if (given !== undefined) {
    const directory = storageDirectory(given);
    if (directory === null) return { connectionString: given };
    // The Functions host takes a storage account only, and the instances of a deployed app share no disk.
    if (!env[LOCAL_HOST]) {
      throw new MigrationError(
        'config',
        'Setting AzureWebJobsStorage names a directory: only the local host takes one',
        {
          hint: 'Set it to the connection string of a storage account, or to UseDevelopmentStorage=true',
        },
      );
    }
    return { directory };
  }
  const account = values.AzureWebJobsStorage__accountName;
  const serviceUrl =
    values.AzureWebJobsStorage__blobServiceUri ?? (account && `https://${account}.blob.core.windows.net`);
  if (serviceUrl === undefined || serviceUrl === '') return null;
  return { serviceUrl, clientId: values.AzureWebJobsStorage__clientId ?? values.AZURE_CLIENT_ID };
}

function telemetryFrom(values: z.infer<typeof Settings>, site: string | undefined): TelemetrySettings | null {
  const connection = values.APPLICATIONINSIGHTS_CONNECTION_STRING;
  if (connection === undefined) return null;
  const authentication = values.APPLICATIONINSIGHTS_AUTHENTICATION_STRING;
  return telemetryOf(connection, authentication, values.AZURE_CLIENT_ID ?? null, site ?? 'mlflow-migrate');
}

/** Names that nothing else on a machine is likely to come near: what almost has one of them was meant for this program. */
const OF_ITS_OWN = SETTINGS.map(({ name }) => name).filter((name) =>
  /^(?:TASKHUB_NAME|ALLOWED_|AzureWebJobsStorage|APPLICATIONINSIGHTS_)/.test(name),
);

/** Replaces what host.json says, TASKHUB_NAME or another text. */
const HUB_OVERRIDE = 'AzureFunctionsJobHost__extensions__durableTask__hubName';

/** Reads the app settings. Empty settings count as missing. Throws MigrationError('config') that lists all faults and shows no value. */
export function readSettings(env: Environment): AppSettings {
  refuseNearMisses(OF_ITS_OWN, env);
  const given = Object.fromEntries(
    SETTINGS.map(({ name }) => [name, env[name]?.trim()]).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = Settings.safeParse(given);
  if (!parsed.success) {
    const faults = describeFaults(parsed.error.issues, Settings, given).map((fault) => `Setting ${fault}`);
    throw new MigrationError('config', faults.join('; '), { hint: 'Correct the named settings and start again' });
  }
  const values = parsed.data;
  // The platform says where the app itself lives: `<subscription>+<region and plan>` and the group's name.
  const ownSubscription = env['WEBSITE_OWNER_NAME']?.split('+')[0];
  const ownGroup = env['WEBSITE_RESOURCE_GROUP'];
  return {
    storage: storageOf(values, env),
    taskHub: env[HUB_OVERRIDE]?.trim() || (values.TASKHUB_NAME ?? null),
    keyVaultUri: values.KEY_VAULT_URI ?? null,
    clientId: values.AZURE_CLIENT_ID ?? null,
    subscription: values.AZURE_SUBSCRIPTION_ID ?? (ownSubscription || null),
    resourceGroup: values.AZURE_RESOURCE_GROUP ?? (ownGroup || null),
    allowedConnections: readAllowedConnections(values, env),
    telemetry: telemetryFrom(values, env['WEBSITE_SITE_NAME']),
    pgConnectTimeoutSeconds: Number(values.PGCONNECT_TIMEOUT ?? defaultOf('PGCONNECT_TIMEOUT')),
  };
}
