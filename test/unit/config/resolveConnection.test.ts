import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { redact } from '../../../src/config/redact.ts';
import { createConnectionResolver, type ResolverDeps } from '../../../src/config/resolveConnection.ts';
import type { SourceRef, TargetRef } from '../../../src/contract/migrationRequest.ts';
import { hasOpenssl, makeTestAuthority } from '../../bundle/testAuthority.ts';

const source = (secret = 'POSTGRES_URI', schema: string | null = null): SourceRef => ({
  kind: 'secret',
  secret,
  schema,
});
const target = (secret = 'MONGODB_URI', database: string | null = null): TargetRef => ({
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
const account = (over: Partial<Extract<TargetRef, { kind: 'cosmos-identity' }>> = {}): TargetRef => ({
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

/** A home without any of libpq's files. */
const HOME = { HOME: '/nowhere' };

const sslOf = async (uri: string, env: Readonly<Record<string, string>> = {}) => {
  const resolver = createConnectionResolver({ ...HOME, ...env, POSTGRES_URI: uri });
  return (await resolver.resolvePostgres(source())).hosts.map(({ ways }) => ways.map(({ ssl }) => ssl));
};

test('reads a URI from the setting of that name, also under its upper-case form', async () => {
  const resolver = createConnectionResolver({
    LAB_PG: 'postgresql://u:canary-pg@db.example:6000/ml?sslmode=disable',
  });
  const config = {
    host: 'db.example',
    port: 6000,
    database: 'ml',
    user: 'u',
    password: 'canary-pg',
    ssl: false,
    sslnegotiation: 'postgres',
    connectionTimeoutMillis: 10_000,
  };
  const expected = {
    config,
    hosts: [{ label: 'db.example:6000', ways: [config] }],
    session: 'any',
    isRandom: false,
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
  expect(resolved).toEqual({
    uri: 'mongodb://u:pw@h/db',
    options: {},
    database: 'db',
    display: 'h:27017/db',
    overridden: [],
  });
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
    'Key Vault v.vault.azure.net did not answer when asked for the secret POSTGRES-URI',
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
    ...HOME,
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

const UNCHECKED = { rejectUnauthorized: false };

test.each([
  ['postgresql://db/d?sslmode=disable', [false]],
  ['postgresql://db/d', [UNCHECKED, false]],
  ['postgresql://localhost/d', [false]],
  ['postgresql://localhost/d?ssl_min_protocol_version=TLSv1.2', [{ ...UNCHECKED, minVersion: 'TLSv1.2' }, false]],
  ['postgresql://localhost/d?sslmode=prefer', [UNCHECKED, false]],
  ['postgresql://db/d?sslmode=allow', [false, UNCHECKED]],
  ['postgresql://db/d?sslmode=require', [UNCHECKED]],
  ['postgresql://db/d?ssl=true', [UNCHECKED]],
  ['postgresql://db/d?ssl=verify-full', [{ rejectUnauthorized: true }]],
  ['postgresql://db/d?sslmode=no-verify', [UNCHECKED]],
  ['postgresql://db/d?sslmode=verify-full', [{ rejectUnauthorized: true }]],
  ['postgresql://pg1.postgres.database.azure.com/d', [{ rejectUnauthorized: true }]],
  ['postgresql:///d?host=/var/run&sslmode=require', [false]],
])('gives %s the meaning of libpq', async (uri, ssl) => {
  expect(await sslOf(uri)).toEqual([ssl]);
});

test('the environment asks for TLS where the URI leaves it open, as in libpq', async () => {
  const verify = { PGSSLMODE: 'verify-full' };
  expect(await sslOf('postgresql://localhost/d', verify)).toEqual([[{ rejectUnauthorized: true }]]);
  expect(await sslOf('postgresql://localhost/d?sslmode=disable', verify)).toEqual([[false]]);
  expect(await sslOf('postgresql://localhost/d', { PGREQUIRESSL: '1' })).toEqual([[UNCHECKED]]);
});

test('the certificate is looked up by the name, whichever address is connected to', async () => {
  const uri = 'postgresql://db.example/d?hostaddr=10.0.0.7&sslmode=verify-full';
  const resolved = await createConnectionResolver({ ...HOME, POSTGRES_URI: uri }).resolvePostgres(source());
  expect(resolved.config).toMatchObject({ host: '10.0.0.7', ssl: { servername: 'db.example' } });
  expect(resolved.display).toBe('db.example:5432/d');
});

test.each([
  ['sslmode=verify-ca', 'asks for sslmode=verify-ca and names no authority'],
  ['sslmode=require&sslrootcert=system', 'has sslmode=require with sslrootcert=system'],
  ['sslmode=prefer&sslnegotiation=direct', 'asks for sslnegotiation=direct with sslmode=prefer'],
  ['sslnegotiation=direct', 'asks for sslnegotiation=direct with sslmode=prefer'],
  ['sslmode=require&sslcrl=/x.pem', 'names revoked certificates, which sslmode=require does not look at'],
  ['sslmode=require&sslkey=/x.pem', 'names sslkey but no sslcert'],
  ['sslmode=verify-full&ssl_min_protocol_version=TLSv9', 'has a ssl_min_protocol_version that does not exist'],
  ['sslmode=require&sslrootcert=/dev/null', 'names no certificate in sslrootcert'],
  [
    'sslmode=require&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2',
    'has an ssl_max_protocol_version below ssl_min_protocol_version',
  ],
  ['sslmode=verify_full', 'has an sslmode that does not exist'],
  ['sslmode=', 'has an sslmode that does not exist'],
  ['target_session_attrs=readwrite', 'has a target_session_attrs that does not exist'],
  ['load_balance_hosts=true', 'has a load_balance_hosts that does not exist'],
  ['connect_timeout=soon', 'has a connect_timeout that is not a whole number of seconds'],
])('refuses %s rather than weaken it', async (query, message) => {
  await expect(sslOf(`postgresql://db/d?${query}`)).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringContaining(`Setting POSTGRES_URI ${message}`),
  });
});

test("takes the user's own files for TLS where libpq would", async (context) => {
  if (!hasOpenssl()) context.skip('there is no openssl to make a certificate with');
  const home = await mkdtemp(join(tmpdir(), 'resolve-'));
  closers.push(() => rm(home, { recursive: true }));
  await using authority = await makeTestAuthority();
  const pem = await readFile(authority.authorityFile, 'utf8');
  await mkdir(join(home, '.postgresql'));
  await writeFile(join(home, '.postgresql/root.crt'), pem);
  const checked = { ca: pem, rejectUnauthorized: true };
  const [[required]] = (await sslOf('postgresql://db/d?sslmode=require', { HOME: home })) as [[object]];
  expect(required).toMatchObject({ ...checked, checkServerIdentity: expect.any(Function) });
  expect(await sslOf('postgresql://db/d?sslmode=verify-full', { HOME: home })).toEqual([[checked]]);
  await writeFile(join(home, '.postgresql/postgresql.crt'), authority.certificate);
  await expect(sslOf('postgresql://db/d?sslmode=verify-full', { HOME: home })).rejects.toMatchObject({
    message: 'There is a certificate to log in with (sslcert) but no key for it',
  });
  await writeFile(join(home, '.postgresql/postgresql.key'), authority.key);
  expect(await sslOf('postgresql://db/d?sslmode=verify-full', { HOME: home })).toEqual([
    [{ ...checked, cert: authority.certificate.toString(), key: authority.key.toString() }],
  ]);
  expect(await sslOf('postgresql://db/d?sslmode=verify-full&sslcertmode=disable', { HOME: home })).toEqual([[checked]]);
});

test('names the file that cannot be read', async () => {
  await expect(sslOf('postgresql://db/d?sslmode=verify-full&sslrootcert=/no/ca.pem')).rejects.toMatchObject({
    kind: 'config',
    message: 'Setting POSTGRES_URI names a file in sslrootcert that cannot be read: /no/ca.pem',
  });
});

test('hands over all hosts, and what they must be', async () => {
  const env = {
    ...HOME,
    POSTGRES_URI: 'postgresql://a:1,b:2/d?target_session_attrs=primary&load_balance_hosts=random',
  };
  const resolved = await createConnectionResolver(env).resolvePostgres(source());
  expect(resolved).toMatchObject({
    display: 'a:1,b:2/d',
    session: 'primary',
    isRandom: true,
    hosts: [
      { label: 'a:1', ways: [{ host: 'a', port: 1 }, { host: 'a' }] },
      { label: 'b:2', ways: [{ host: 'b', port: 2 }, { host: 'b' }] },
    ],
  });
});

/** A password file of mode 600, or another. */
const passwordFile = async (text: string, mode = 0o600): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'pgpass-'));
  closers.push(() => rm(directory, { recursive: true }));
  const path = join(directory, 'pgpass');
  await writeFile(path, text, { mode });
  await chmod(path, mode);
  return path;
};

test('finds the password of each host in the password file', async () => {
  const lines = ['# note', 'a:1:d:u:first\\:part:rest', '*:2:*:u:pass-two', '*:*:*:other:x'];
  const path = await passwordFile(lines.join('\n'));
  const passwords = async (uri: string, env: Readonly<Record<string, string>>) => {
    const { hosts } = await createConnectionResolver({ ...HOME, ...env, POSTGRES_URI: uri }).resolvePostgres(source());
    return hosts.map(({ ways }) => ways[0]?.password);
  };
  expect(await passwords('postgresql://u@a:1,b:2,c:3/d', { PGPASSFILE: path })).toEqual([
    'first:part:rest',
    'pass-two',
    expect.any(Function),
  ]);
  expect(await passwords(`postgresql://u@a:1/d?passfile=${path}`, { PGPASSWORD: 'from-env' })).toEqual(['from-env']);
  expect(await passwords(`postgresql://u:own@a:1/d?passfile=${path}`, {})).toEqual(['own']);
  expect(redact('first:part:rest pass-two')).toBe('*** ***');
});

test('takes no password from a file that others may read, and says so', async () => {
  const path = await passwordFile('*:*:*:u:pw', 0o644);
  const resolve = (uri: string) =>
    createConnectionResolver({ ...HOME, PGPASSFILE: path, POSTGRES_URI: uri }).resolvePostgres(source());
  await expect(resolve('postgresql://u@a/d')).rejects.toMatchObject({
    kind: 'config',
    message: `Others may read the password file ${path}`,
  });
  expect((await resolve('postgresql://another@a/d')).config.password).toBeTypeOf('function');
  const missing = createConnectionResolver({ ...HOME, POSTGRES_URI: 'postgresql://u@a/d?passfile=/no/file' });
  await expect(missing.resolvePostgres(source())).rejects.toMatchObject({
    message: 'Setting POSTGRES_URI names a password file that cannot be read: /no/file',
  });
});

test.each([
  ['POSTGRES_URL', source(), 'There is a setting POSTGRES_URL: did you mean POSTGRES_URI?'],
  ['MONGO_URI', target(), 'There is a setting MONGO_URI: did you mean MONGODB_URI?'],
  ['MONGODB_CONNECTION_STRING', target(), 'There is a setting MONGODB_CONNECTION_STRING: did you mean MONGODB_URI?'],
  ['POSTGRES_URI', source('POSTGRES_UR'), 'There is a setting POSTGRES_URI: did you mean POSTGRES_URI?'],
  ['LAB_MONGODB', target('lab-mongo'), 'There is a setting LAB_MONGODB: did you mean LAB_MONGODB?'],
  ['SOMETHING_ELSE', target(), 'Set it to the connection URI, or set KEY_VAULT_URI'],
])('where %s is set and the one that is asked for is missing, says which is misspelt', async (name, ref, hint) => {
  const resolver = createConnectionResolver({ [name]: 'schema' in ref ? 'postgresql://h/d' : 'mongodb://h/d' });
  const resolve = 'schema' in ref ? resolver.resolvePostgres(ref) : resolver.resolveMongo(ref);
  await expect(resolve).rejects.toMatchObject({ kind: 'config', hint });
});

test.each([
  ['HOME', '/home/somebody', 'HOMEE'],
  ['NODE', '/usr/bin/node', 'NOPE'],
])('of %s, which is no connection that a request may name, nothing is said', async (name, value, asked) => {
  const resolver = createConnectionResolver({ [name]: value });
  await expect(resolver.requireSecret(source(asked))).rejects.toMatchObject({
    kind: 'config',
    hint: 'Set it to the connection URI, or set KEY_VAULT_URI',
  });
});

test('a Key Vault under a misspelt name is not passed over for a setting', async () => {
  const env = { ...HOME, POSTGRES_URI: 'postgresql://h/d', KEYVAULT_URL: 'https://v.vault.azure.net' };
  const resolve = (more: Readonly<Record<string, string>>) =>
    createConnectionResolver({ ...env, ...more }).resolvePostgres(source());
  await expect(resolve({})).rejects.toMatchObject({
    kind: 'config',
    message: 'Unknown setting KEYVAULT_URL; did you mean KEY_VAULT_URI?',
  });
  expect((await resolve({ KEY_VAULT_URI: '' })).display).toBe('h:5432/d');
});

test('says what of a target URI the program overrides, and keeps it from the driver', async () => {
  const env = {
    MONGODB_URI: 'mongodb://h/db?readPreference=secondary&w=1&journal=true&retryWrites=false&readConcernLevel=majority',
  };
  expect(await createConnectionResolver(env).resolveMongo(target())).toMatchObject({
    uri: 'mongodb://h/db?journal=true',
    overridden: ['readPreference=secondary', 'w=1'],
  });
});

test.each([
  ['mongodb://a,b/db?directConnection=true', 'directConnection option requires exactly one host'],
  ['mongodb+srv://a.example.com/db?directConnection=true', 'SRV URI does not support directConnection'],
  ['mongodb://h/db?loadBalanced=true&replicaSet=x', 'loadBalanced option not supported with a replicaSet option'],
  ['mongodb://h/db?authMechanism=SCRAM-SHA-256', "Username required for mechanism 'SCRAM-SHA-256'"],
  ['mongodb://u:canary-9@h/db?authMechanism=MONGODB-X509', 'Password not allowed for mechanism MONGODB-X509'],
])('%s is refused with what does not go together', async (uri, reason) => {
  await expect(createConnectionResolver({ MONGODB_URI: uri }).resolveMongo(target())).rejects.toMatchObject({
    kind: 'config',
    message: `Setting MONGODB_URI has options that do not go together: ${reason}`,
  });
});

test('names a file of TLS that the driver could not read', async () => {
  const env = { MONGODB_URI: 'mongodb://h/db?tls=true&tlsCAFile=/no/ca.pem' };
  await expect(createConnectionResolver(env).resolveMongo(target())).rejects.toMatchObject({
    kind: 'config',
    message: 'Setting MONGODB_URI names a file in tlsCAFile that cannot be read: /no/ca.pem',
  });
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
    uri: 'mongodb://acct:a%2Fb%2Bc%3D%3D@acct.mongo.cosmos.azure.com:10255/?ssl=true&replicaSet=globaldb&appName=%40acct%40',
    options: { tls: true, retryWrites: false, maxIdleTimeMS: 120_000 },
    database: 'ml',
    display: 'acct.mongo.cosmos.azure.com:10255/ml',
    overridden: [],
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
  ['..', 'acct'],
  ['rg?x', 'acct'],
  ['rg', '..'],
])('no path of Azure is made of the group %j and the account %j', async (resourceGroup, name) => {
  const asked: string[] = [];
  const fetchUrl = (async (url: string) => {
    asked.push(url);
    return new Response('', { status: 500 });
  }) as typeof fetch;
  const getToken: ResolverDeps['getToken'] = async () => ({ token: 't', expiresOnTimestamp: 0 });
  const resolver = createConnectionResolver({ AZURE_RESOURCE_GROUP: resourceGroup }, { fetch: fetchUrl, getToken });
  await expect(resolver.resolveMongo(account({ subscription: 's', account: name }))).rejects.toMatchObject({
    kind: 'config',
  });
  expect(asked).toEqual([]);
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
