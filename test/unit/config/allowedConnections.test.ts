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

const allowed = readAllowedConnections('POSTGRES-URI, MONGODB-URI,pg-lab,docdb-x,cosmon-x');

test('no list allows every connection, an empty one none', () => {
  expect(() => checkAllowed(server('anything'), readAllowedConnections(undefined))).not.toThrow();
  expect(() => checkAllowed(secret('POSTGRES_URI'), [])).toThrow('is not on the list');
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
    const list = readAllowedConnections('pg-lab.postgres.database.azure.com');
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
    { KEY_VAULT_URI: 'https://kv-x.vault.azure.net', ALLOWED_CONNECTIONS: 'POSTGRES-URI' },
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
