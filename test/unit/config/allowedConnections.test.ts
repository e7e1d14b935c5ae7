import { describe, expect, test } from 'vitest';
import { checkAllowed, readAllowedConnections } from '../../../src/config/allowedConnections.ts';
import { createConnectionResolver } from '../../../src/config/resolveConnection.ts';
import type { ConnectionRef } from '../../../src/contract/migrationRequest.ts';

const secret = (name: string): ConnectionRef => ({ kind: 'secret', secret: name, schema: null });
const server = (name: string): ConnectionRef => ({
  kind: 'postgres-identity',
  server: name,
  port: 5432,
  database: 'mlflow',
  user: 'id-x',
  clientId: null,
  schema: null,
});
const account = (name: string, flavour: 'ru' | 'vcore'): ConnectionRef => ({
  kind: 'cosmos-identity',
  account: name,
  flavour,
  database: 'mlflow',
  resourceGroup: null,
  subscription: null,
  clientId: null,
});

const LISTS = {
  ALLOWED_SECRETS: 'POSTGRES-URI, MONGODB-URI',
  ALLOWED_SERVERS: 'pg-lab',
  ALLOWED_ACCOUNTS: 'docdb-x,cosmon-x',
};
const allowed = readAllowedConnections(LISTS, {});
const AZURE = { WEBSITE_SITE_NAME: 'func-x' };

describe('where no list is set', () => {
  const refs = [secret('ANY_URI'), server('pg-any'), account('docdb-any', 'vcore')];

  test.each<[string, Record<string, string>]>([
    ['a machine at hand', {}],
    ['the local host of the command', { ...AZURE, MLFLOW_MIGRATE_LOCAL_HOST: 'works' }],
    ['Core Tools', { ...AZURE, AZURE_FUNCTIONS_ENVIRONMENT: 'Development' }],
  ])('%s takes any', (_what, env) => {
    for (const ref of refs) expect(() => checkAllowed(ref, readAllowedConnections({}, env))).not.toThrow();
  });

  test('an app on Azure takes the secrets that are named by default, and nothing that is handed a token', () => {
    const none = readAllowedConnections({}, AZURE);
    for (const ref of refs) expect(() => checkAllowed(ref, none)).toThrow('is not on the list');
    for (const name of ['POSTGRES_URI', 'MONGODB-URI', 'AUTONOMIZE_POSTGRES_URI'])
      expect(() => checkAllowed(secret(name), none)).not.toThrow();
  });
});

test.each([
  'AzureWebJobsStorage',
  'azurewebjobsstorage',
  'AzureWebJobsStorage__clientId',
  'MLFLOW_MIGRATE_KEY',
  'MLFLOW-MIGRATE-TOKEN',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'DURABLE_TASK_SCHEDULER_CONNECTION_STRING',
  'WEBSITE_AUTH_ENCRYPTION_KEY',
  'KEY_VAULT_URI',
  'PGPASSWORD',
])('%s is never a connection, listed or not', (name) => {
  for (const list of [undefined, name])
    expect(() => checkAllowed(secret(name), readAllowedConnections({ ALLOWED_SECRETS: list }, {}))).toThrow(
      `${name} is a setting of the app itself`,
    );
});

test('a name stands for connections of its own list only', () => {
  expect(() => checkAllowed(secret('pg-lab'), allowed)).toThrow('The secret pg-lab is not on the list');
  expect(() => checkAllowed(server('docdb-x'), allowed)).toThrow('The server docdb-x is not on the list');
  expect(() => checkAllowed(account('pg-lab', 'ru'), allowed)).toThrow('The account pg-lab is not on the list');
});

describe('a connection on the list', () => {
  test.each<[string, ConnectionRef]>([
    ['a secret', secret('POSTGRES-URI')],
    ['a secret by its setting', secret('postgres_uri')],
    ['a server', server('pg-lab')],
    ['a server by its host', server('PG-LAB.postgres.database.azure.com')],
    ['a cluster', account('docdb-x', 'vcore')],
    ['a cluster by its host', account('docdb-x.mongocluster.cosmos.azure.com', 'vcore')],
    ['an account', account('cosmon-x', 'ru')],
  ])('%s is taken', (_what, ref) => expect(() => checkAllowed(ref, allowed)).not.toThrow());

  test('a server that is listed by its host is taken by its name', () => {
    const list = readAllowedConnections({ ALLOWED_SERVERS: 'pg-lab.postgres.database.azure.com' }, {});
    expect(() => checkAllowed(server('pg-lab'), list)).not.toThrow();
  });
});

describe('a connection that is not on the list', () => {
  test.each<[string, ConnectionRef, string]>([
    ['a secret', secret('ADMIN-PASSWORD'), 'The secret ADMIN-PASSWORD'],
    ['a server', server('pg-other'), 'The server pg-other'],
    ['a namesake in another cloud', server('pg-lab.postgres.database.azure.cn'), 'The server pg-lab.postgres'],
    ['a namesake elsewhere', server('pg-lab.example.com'), 'The server pg-lab.example.com'],
    ['a cluster', account('docdb-other', 'vcore'), 'The account docdb-other'],
    ['an account', account('cosmon-other', 'ru'), 'The account cosmon-other'],
  ])('%s is refused by its name', (_what, ref, message) => {
    expect(() => checkAllowed(ref, allowed)).toThrow(message);
  });
});

test('no token and no secret is asked for what is not on the list', async () => {
  const asked: string[] = [];
  const resolver = createConnectionResolver(
    { ...AZURE, KEY_VAULT_URI: 'https://kv-x.vault.azure.net', ALLOWED_SECRETS: 'POSTGRES-URI' },
    {
      getVaultSecret: (_vault, name) => Promise.resolve(asked.push(name) > 0 ? 'postgresql://u@h/d' : undefined),
      getToken: () => Promise.reject(new Error('a token was asked for')),
    },
  );
  await expect(resolver.resolvePostgres(secret('OTHER'))).rejects.toMatchObject({ kind: 'config' });
  await expect(resolver.resolvePostgres(server('pg-lab'))).rejects.toMatchObject({ kind: 'config' });
  await expect(resolver.resolveMongo(account('docdb-x', 'vcore'))).rejects.toMatchObject({ kind: 'config' });
  expect(asked).toEqual([]);
  await resolver.resolvePostgres(secret('POSTGRES_URI'));
  expect(asked).toEqual(['POSTGRES-URI']);
});
