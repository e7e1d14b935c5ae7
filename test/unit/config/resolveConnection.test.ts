import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { probePostgres } from '../../../src/config/probePostgres.ts';
import { redact } from '../../../src/config/redact.ts';
import { createConnectionResolver, type ResolverDeps } from '../../../src/config/resolveConnection.ts';
import type { DestinationRef, SourceRef } from '../../../src/config/schemas/connectionRef.ts';

const source = (secret = 'POSTGRES_URI', schema: string | null = null): SourceRef => ({
  kind: 'secret',
  secret,
  schema,
});
const target = (secret = 'MONGODB_URI', database: string | null = null): DestinationRef => ({
  kind: 'secret',
  secret,
  database,
});
const identitySource: SourceRef = {
  kind: 'postgres-identity',
  server: 'pg1',
  port: 5432,
  database: 'mlflow',
  user: 'migrator',
  clientId: null,
  schema: null,
};
const account = (over: Partial<Extract<DestinationRef, { kind: 'cosmos-identity' }>> = {}): DestinationRef => ({
  kind: 'cosmos-identity',
  account: 'acct',
  flavour: 'ru',
  database: 'mlflow',
  resourceGroup: null,
  subscription: null,
  clientId: null,
  ...over,
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server that answers PostgreSQL's SSLRequest with one letter. */
const listenAnswering = async (letter: string): Promise<number> => {
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.write(letter));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
};

const plainServer: ResolverDeps = { probePostgres: async () => 'plain' };

test('reads a URI from the setting of that name, also under its upper-case form', async () => {
  const resolver = createConnectionResolver({ LAB_PG: 'postgresql://u:canary-pg@db.example:6000/ml' }, plainServer);
  const expected = {
    config: {
      host: 'db.example',
      port: 6000,
      database: 'ml',
      user: 'u',
      password: 'canary-pg',
      ssl: false,
      connectionTimeoutMillis: 10_000,
    },
    display: 'db.example:6000/ml',
    schema: null,
  };
  expect(await resolver.resolvePostgres(source('LAB_PG'))).toEqual(expected);
  expect(await resolver.resolvePostgres(source('lab-pg'))).toEqual(expected);
  expect(redact('canary-pg')).toBe('***');
});

test('names the setting that is missing and where it looked', async () => {
  const resolver = createConnectionResolver({});
  await expect(resolver.resolveMongo(target('lab-mongo'))).rejects.toMatchObject({
    kind: 'config',
    message: 'Setting lab-mongo or LAB_MONGO is missing, and KEY_VAULT_URI names no Key Vault to look in',
  });
});

test('reads a secret from Key Vault, with dashes for underscores, once in a while', async () => {
  const asked: string[] = [];
  const resolver = createConnectionResolver(
    { KEY_VAULT_URI: 'https://v.vault.azure.net/', AZURE_CLIENT_ID: 'id-1', MONGODB_URI: 'mongodb://not-this-one' },
    {
      getVaultSecret: async (...args) => {
        asked.push(args.join(' '));
        return 'mongodb://u:pw@h/db';
      },
    },
  );
  const resolved = await resolver.resolveMongo(target());
  expect(resolved).toEqual({ uri: 'mongodb://u:pw@h/db', options: {}, database: 'db', display: 'h:27017/db' });
  await resolver.resolveMongo(target());
  expect(asked).toEqual(['https://v.vault.azure.net/ MONGODB-URI id-1']);
  resolver.forget();
  await resolver.resolveMongo(target());
  expect(asked).toHaveLength(2);
});

test.each([
  [undefined, 'config', 'Secret POSTGRES-URI in v.vault.azure.net is missing or empty'],
  [{ statusCode: 403 }, 'config', 'Key Vault v.vault.azure.net refuses to show the secret POSTGRES-URI'],
  [
    { code: 'ENOTFOUND' },
    'source-unreachable',
    'Key Vault v.vault.azure.net did not answer for the secret POSTGRES-URI',
  ],
])('says what Key Vault answered: %j', async (answer, kind, message) => {
  const getVaultSecret = async () => {
    if (answer !== undefined) throw Object.assign(new Error('vault'), answer);
    return undefined;
  };
  const resolver = createConnectionResolver({ KEY_VAULT_URI: 'https://v.vault.azure.net' }, { getVaultSecret });
  await expect(resolver.resolvePostgres(source())).rejects.toMatchObject({ kind, message });
});

test('takes the connect timeout from the URI, then from PGCONNECT_TIMEOUT', async () => {
  const env = {
    A: 'postgresql://localhost/d?connect_timeout=3',
    B: 'postgresql://localhost/d',
    PGCONNECT_TIMEOUT: '7',
  };
  const resolver = createConnectionResolver(env);
  expect(await resolver.resolvePostgres(source('A'))).toMatchObject({ config: { connectionTimeoutMillis: 3000 } });
  expect(await resolver.resolvePostgres(source('B'))).toMatchObject({ config: { connectionTimeoutMillis: 7000 } });
});

test('takes the schema from the request, then from the URI, and hands on startup options', async () => {
  const env = { A: 'postgresql://localhost/d?options=-c%20search_path%3Dml', B: 'postgresql://localhost/d?schema=ml' };
  const resolver = createConnectionResolver(env);
  expect(await resolver.resolvePostgres(source('A'))).toMatchObject({
    schema: null,
    config: { options: '-c search_path=ml' },
  });
  expect(await resolver.resolvePostgres(source('B'))).toMatchObject({ schema: 'ml' });
  expect(await resolver.resolvePostgres(source('B', 'Mine'))).toMatchObject({ schema: 'Mine' });
});

test.each([
  ['postgresql://db/d?sslmode=disable', 'tls', false],
  ['postgresql://db/d', 'tls', { rejectUnauthorized: false }],
  ['postgresql://db/d', 'plain', false],
  ['postgresql://localhost/d', 'tls', false],
  ['postgresql://localhost/d?sslmode=prefer', 'tls', { rejectUnauthorized: false }],
  ['postgresql://db/d?sslmode=require', 'plain', { rejectUnauthorized: false }],
  ['postgresql://db/d?sslmode=verify-full', 'plain', { rejectUnauthorized: true }],
  ['postgresql://pg1.postgres.database.azure.com/d', 'plain', { rejectUnauthorized: true }],
] as const)('gives %s on a server that speaks %s the meaning of libpq', async (uri, answer, ssl) => {
  const resolver = createConnectionResolver({ POSTGRES_URI: uri }, { probePostgres: async () => answer });
  expect((await resolver.resolvePostgres(source())).config.ssl).toEqual(ssl);
});

test('require checks the certificate, not the name, when it is given an authority', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'resolve-'));
  closers.push(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'ca.pem'), 'PEM');
  const env = {
    A: `postgresql://db/d?sslmode=require&sslrootcert=${directory}/ca.pem`,
    B: 'postgresql://db/d?sslmode=verify-full&sslrootcert=/no/ca.pem',
  };
  const resolver = createConnectionResolver(env);
  expect((await resolver.resolvePostgres(source('A'))).config.ssl).toMatchObject({
    ca: 'PEM',
    rejectUnauthorized: true,
    checkServerIdentity: expect.any(Function),
  });
  await expect(resolver.resolvePostgres(source('B'))).rejects.toMatchObject({
    kind: 'config',
    message: 'Setting B names a file in sslrootcert that cannot be read: /no/ca.pem',
  });
});

test('asks a server whether it speaks TLS', async () => {
  expect(await probePostgres('127.0.0.1', await listenAnswering('S'), 5000)).toBe('tls');
  expect(await probePostgres('127.0.0.1', await listenAnswering('N'), 5000)).toBe('plain');
  expect(await probePostgres('127.0.0.1', 1, 5000)).toBe('unreachable');
});

test('reads from the first of several hosts that answers', async () => {
  const port = await listenAnswering('N');
  const env = { POSTGRES_URI: `postgresql://127.0.0.1:1,127.0.0.1:${port}/d` };
  expect((await createConnectionResolver(env).resolvePostgres(source())).display).toBe(`127.0.0.1:${port}/d`);
});

test('logs in to Azure Database for PostgreSQL with a fresh token per connection', async () => {
  let count = 0;
  const getToken: ResolverDeps['getToken'] = async (scope, clientId) => {
    count += 1;
    return { token: `${scope} ${clientId} token-${count}`, expiresOnTimestamp: 0 };
  };
  const resolver = createConnectionResolver({ AZURE_CLIENT_ID: 'id-1' }, { getToken });
  const resolved = await resolver.resolvePostgres(identitySource);
  expect(resolved).toMatchObject({
    config: { host: 'pg1.postgres.database.azure.com', user: 'migrator', ssl: { rejectUnauthorized: true } },
    display: 'pg1.postgres.database.azure.com:5432/mlflow',
  });
  const password = resolved.config.password as () => Promise<string>;
  expect(await password()).toBe('https://ossrdbms-aad.database.windows.net/.default id-1 token-1');
  expect(await password()).toContain('token-2');
  expect(new Client(resolved.config)).toBeInstanceOf(Client);
});

test('hands a token to Azure hosts only', async () => {
  const resolver = createConnectionResolver({});
  await expect(resolver.resolvePostgres({ ...identitySource, server: 'evil.example' })).rejects.toMatchObject({
    kind: 'config',
  });
  await expect(resolver.resolveMongo(account({ flavour: 'vcore', account: 'evil.example' }))).rejects.toMatchObject({
    kind: 'config',
  });
});

test('adds to a Cosmos DB URI what its servers need', async () => {
  const key = 'a/b+c==';
  const env = {
    MONGODB_URI: `mongodb://acct:${key}@acct.mongo.cosmos.azure.com:10255/?ssl=true&replicaSet=globaldb&appName=@acct@`,
  };
  expect(await createConnectionResolver(env).resolveMongo(target('MONGODB_URI', 'ml'))).toEqual({
    uri: 'mongodb://acct:a%2Fb%2Bc%3D%3D@acct.mongo.cosmos.azure.com:10255/?ssl=true&replicaSet=globaldb&appName=@acct@',
    options: { tls: true, retryWrites: false, maxIdleTimeMS: 120_000 },
    database: 'ml',
    display: 'acct.mongo.cosmos.azure.com:10255/ml',
  });
});

test('fetches the connection string of a request-unit account through Azure Resource Manager, once', async () => {
  const requests: string[] = [];
  const fetchUrl = (async (url: string, init: RequestInit) => {
    requests.push(`${init.method} ${url} ${new Headers(init.headers).get('authorization')}`);
    const connectionString = 'mongodb://acct:canary-key==@acct.mongo.cosmos.azure.com:10255/?ssl=true';
    return Response.json({ connectionStrings: [{ connectionString, description: 'Primary' }] });
  }) as typeof fetch;
  const getToken: ResolverDeps['getToken'] = async (scope) => ({ token: `for ${scope}`, expiresOnTimestamp: 0 });
  const env = { AZURE_SUBSCRIPTION_ID: 'sub', WEBSITE_RESOURCE_GROUP: 'own-rg' };
  const resolver = createConnectionResolver(env, { fetch: fetchUrl, getToken });
  const resolved = await resolver.resolveMongo(account({ resourceGroup: 'rg' }));
  await resolver.resolveMongo(account({ resourceGroup: 'rg' }));
  expect(resolved.display).toBe('acct.mongo.cosmos.azure.com:10255/mlflow');
  expect(requests).toEqual([
    'POST https://management.azure.com/subscriptions/sub/resourceGroups/rg/providers/Microsoft.DocumentDB/databaseAccounts/acct/listConnectionStrings?api-version=2024-11-15 Bearer for https://management.azure.com/.default',
  ]);
  expect(redact('canary-key==')).toBe('***');
});

test.each([
  [403, 'target-refused'],
  [429, 'target-unreachable'],
])('tells a refusal of the keys (%d) from an outage', async (status, kind) => {
  const fetchUrl = (async () => new Response('', { status })) as typeof fetch;
  const getToken: ResolverDeps['getToken'] = async () => ({ token: 't', expiresOnTimestamp: 0 });
  const resolver = createConnectionResolver({}, { fetch: fetchUrl, getToken });
  await expect(resolver.resolveMongo(account({ subscription: 's', resourceGroup: 'r' }))).rejects.toMatchObject({
    kind,
  });
  await expect(resolver.resolveMongo(account())).rejects.toMatchObject({ kind: 'config' });
});

test('logs in to a cluster with a token that the driver renews', async () => {
  const getToken: ResolverDeps['getToken'] = async () => ({
    token: 'tok-en',
    expiresOnTimestamp: Date.now() + 3_600_500,
  });
  const resolved = await createConnectionResolver({}, { getToken }).resolveMongo(account({ flavour: 'vcore' }));
  expect(resolved).toMatchObject({
    uri: 'mongodb+srv://acct.mongocluster.cosmos.azure.com/',
    options: { authMechanism: 'MONGODB-OIDC', retryWrites: false, tls: true },
    display: 'acct.mongocluster.cosmos.azure.com/mlflow',
  });
  const callback = resolved.options.authMechanismProperties?.OIDC_CALLBACK;
  expect(await callback?.({ timeoutContext: new AbortController().signal, version: 1 })).toEqual({
    accessToken: 'tok-en',
    expiresInSeconds: 3600,
  });
});
