import { readFileSync } from 'node:fs';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect, test } from 'vitest';
import { LOCAL_HOST } from '../../../src/config/localHost.ts';
import { readSettings, SETTINGS } from '../../../src/config/schemas/settings.ts';
import { refuseUnknownOwn } from '../../../src/config/settingNames.ts';

test('reads nothing but defaults from an empty environment', () => {
  expect(readSettings({ AzureWebJobsStorage: ' ', KEY_VAULT_URI: '' })).toEqual({
    storage: null,
    taskHub: null,
    allowedConnections: { secrets: null, servers: null, accounts: null },
    keyVaultUri: null,
    clientId: null,
    subscription: null,
    resourceGroup: null,
    telemetry: null,
    pgConnectTimeoutSeconds: 10,
  });
});

test('the task hub is the one that the Functions host takes', () => {
  const override = { AzureFunctionsJobHost__extensions__durableTask__hubName: 'Theirs' };
  expect(readSettings({ TASKHUB_NAME: 'Mine', ...override }).taskHub).toBe('Theirs');
  expect(readSettings({ TASKHUB_NAME: 'Mine' }).taskHub).toBe('Mine');
});

test('reaches storage with the identity when there is no connection string', () => {
  const clientId = '11111111-2222-3333-4444-555555555555';
  const identity = { AzureWebJobsStorage__accountName: 'acct', AzureWebJobsStorage__clientId: clientId };
  expect(readSettings(identity).storage).toEqual({
    serviceUrl: 'https://acct.blob.core.windows.net',
    clientId,
  });
  expect(readSettings({ ...identity, AzureWebJobsStorage: 'UseDevelopmentStorage=true' }).storage).toEqual({
    connectionString: 'UseDevelopmentStorage=true',
  });
});

test('knows the subscription and group of the app itself', () => {
  const env = { WEBSITE_OWNER_NAME: 'sub-id+webspace-Linux', WEBSITE_RESOURCE_GROUP: 'rg' };
  expect(readSettings(env)).toMatchObject({ subscription: 'sub-id', resourceGroup: 'rg' });
});

const KEY = '11111111-2222-3333-4444-555555555555';

test('reads where telemetry goes, and as whom', () => {
  const connection = `InstrumentationKey=${KEY};IngestionEndpoint=https://region.in.applicationinsights.azure.com/;LiveEndpoint=x`;
  const env = { APPLICATIONINSIGHTS_CONNECTION_STRING: connection, AZURE_CLIENT_ID: 'app' };
  const ingestionEndpoint = 'https://region.in.applicationinsights.azure.com';
  const plain = { instrumentationKey: KEY, ingestionEndpoint, login: null, role: 'mlflow-migrate' };
  expect(readSettings(env).telemetry).toEqual(plain);
  const login = (text: string) => readSettings({ ...env, APPLICATIONINSIGHTS_AUTHENTICATION_STRING: text }).telemetry;
  expect(login('Authorization=AAD')?.login).toEqual({ clientId: 'app' });
  expect(login('ClientId=other;Authorization=AAD')?.login).toEqual({ clientId: 'other' });
  const old = { APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${KEY}` };
  expect(readSettings(old).telemetry?.ingestionEndpoint).toBe('https://dc.services.visualstudio.com');
});

test.each([
  'https://region.in.applicationinsights.azure.com/',
  'InstrumentationKey=short',
  `InstrumentationKey=${KEY};IngestionEndpoint=http://region.in.applicationinsights.azure.com/`,
])('no telemetry goes to %j', (connection) => {
  expect(() => readSettings({ APPLICATIONINSIGHTS_CONNECTION_STRING: connection })).toThrow(
    'Setting APPLICATIONINSIGHTS_CONNECTION_STRING must hold InstrumentationKey=',
  );
});

test('a setting that is written almost like the one of the task hub is refused', () => {
  expect(() => readSettings({ TASK_HUB_NAME: 'Mine' })).toThrow(
    'Unknown setting TASK_HUB_NAME; did you mean TASKHUB_NAME?',
  );
  expect(readSettings({ TASK_HUB_NAME: 'Other', TASKHUB_NAME: 'Mine' }).taskHub).toBe('Mine');
});

const ACCOUNT = 'DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=a2V5';

test.each([
  'UseDevelopmentStorage=true',
  'UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://host',
  `${ACCOUNT};EndpointSuffix=core.windows.net`,
  `${ACCOUNT};BlobEndpoint=http://127.0.0.1:10000/acct;`,
  'BlobEndpoint=https://acct.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=a%3D',
])('storage is reached by %s', (connectionString) => {
  expect(readSettings({ AzureWebJobsStorage: connectionString }).storage).toEqual({ connectionString });
  // The client takes it, too.
  expect(() => BlobServiceClient.fromConnectionString(connectionString)).not.toThrow();
});

test('a directory holds the blobs of the local host, and of nothing else', () => {
  const AzureWebJobsStorage = 'file:///var/lib/my%20blobs';
  expect(readSettings({ AzureWebJobsStorage, [LOCAL_HOST]: 'works' }).storage).toEqual({
    directory: '/var/lib/my blobs',
  });
  expect(() => readSettings({ AzureWebJobsStorage })).toThrow(
    'Setting AzureWebJobsStorage names a directory: only the local host takes one',
  );
});

test.each(['file://server/share', 'file:blobs', 'file:///a%2Fb', '/var/lib/blobs'])(
  '%s is no directory of this machine',
  (AzureWebJobsStorage) => {
    expect(() => readSettings({ AzureWebJobsStorage, [LOCAL_HOST]: 'works' })).toThrow(
      /^Setting AzureWebJobsStorage must be the connection string/,
    );
  },
);

test.each([
  'junk',
  'https://acct.blob.core.windows.net',
  'UseDevelopmentStorage=false',
  ACCOUNT,
  'AccountName=acct;AccountKey=a2V5;EndpointSuffix=core.windows.net',
  `${ACCOUNT.replace('a2V5', 'not a key')};EndpointSuffix=core.windows.net`,
  `${ACCOUNT};BlobEndpoint=junk`,
  'BlobEndpoint=https://acct.blob.core.windows.net/',
  '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/canary)',
])('%s is no connection string of a storage account', (text) => {
  const read = () => readSettings({ AzureWebJobsStorage: text });
  expect(read).toThrow(/^Setting AzureWebJobsStorage must be the connection string of a storage account/);
  expect(read).not.toThrow(/junk|canary/);
});

test.each([
  ['AzureWebJobStorage', 'AzureWebJobsStorage'],
  ['AzureWebJobsStorage__blobServiceUrl', 'AzureWebJobsStorage__blobServiceUri'],
  ['APPLICATIONINSIGHTS_CONNECTIONSTRING', 'APPLICATIONINSIGHTS_CONNECTION_STRING'],
])('%s is refused, as %s was meant', (name, meant) => {
  expect(() => readSettings({ [name]: 'x' })).toThrow(`Unknown setting ${name}; did you mean ${meant}?`);
});

test("the host's own settings are no near misses", () => {
  const own = [
    'AzureWebJobsDashboard',
    'AzureWebJobsSecretStorageType',
    'AzureWebJobsScriptRoot',
    'AzureWebJobsFeatureFlags',
  ];
  const more = [
    'CUSTOMCONNSTR_AzureWebJobsStorage',
    'AzureWebJobsMyStorage',
    'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  ];
  expect(readSettings(Object.fromEntries([...own, ...more].map((name) => [name, 'x']))).storage).toBeNull();
});

test("variables with this program's name that it does not know are refused", () => {
  expect(() => refuseUnknownOwn({ MLFLOW_MIGRATE_KEYS: 'x' })).toThrow(
    'Unknown environment variable MLFLOW_MIGRATE_KEYS; did you mean MLFLOW_MIGRATE_KEY?',
  );
  refuseUnknownOwn({ MLFLOW_MIGRATE_KEY: 'x', MLFLOW_MIGRATE_APP: '/app', MLFLOW_TRACKING_URI: 'x' });
});

test('lists all wrong settings at once', () => {
  expect(() => readSettings({ KEY_VAULT_URI: 'vault', PGCONNECT_TIMEOUT: 'soon', TASKHUB_NAME: 'a-b' })).toThrow(
    'Setting TASKHUB_NAME must be 3 to 45 letters and digits, a letter first; Setting KEY_VAULT_URI must be a URL that starts with https://; Setting PGCONNECT_TIMEOUT must be a whole number of seconds',
  );
});

test('local.settings.example.json holds exactly the settings with an example', () => {
  const file = JSON.parse(readFileSync(new URL('../../../local.settings.example.json', import.meta.url), 'utf8'));
  const examples = SETTINGS.filter(({ example }) => example !== null).map(({ name, example }) => [name, example]);
  expect(file).toEqual({ IsEncrypted: false, Values: Object.fromEntries(examples) });
});
