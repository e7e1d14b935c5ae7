import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { MongoClientOptions } from 'mongodb';
import type { ClientConfig } from 'pg';
import type { ConnectionRef, DestinationRef } from '../contract/migrationRequest.ts';
import { type ErrorKind, MigrationError } from '../errors.ts';
import { checkAllowed } from './allowedConnections.ts';
import { type GetToken, type GetVaultSecret, getAzureToken, getAzureVaultSecret } from './azureCredential.ts';
import {
  checkTargetDatabase,
  displayOf,
  type ParsedMongoUri,
  parseMongoUri,
  parsePostgresUri,
  showHost,
} from './connectionUri.ts';
import { clusterHost, fetchAccountUri, isClusterHost, isCosmosHost } from './cosmosConnection.ts';
import { passwordFor, readPasswordFile } from './passwordFile.ts';
import { completePostgres, type PostgresEndpoint } from './postgresEndpoint.ts';
import { postgresHome } from './postgresHome.ts';
import { isAzurePostgres, postgresTls } from './postgresTls.ts';
import { keepSecret, redact, registerSecret } from './redact.ts';
import { type Environment, readSettings } from './schemas/settings.ts';
import { nearMisses, refuseNearMisses } from './settingNames.ts';

/** What a server must be to be read from, in libpq's words. */
const SESSIONS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type TargetSession = (typeof SESSIONS)[number];

/** A PostgreSQL source as the source room takes it (`SourceConnection`). */
export interface ResolvedPostgres {
  /** Options for `pg`'s Client or Pool, of the first host. Holds the password, or the function that fetches a token for each new connection. */
  readonly config: ClientConfig;
  /** All hosts, in the order in which they are tried at each new connection; `ways` are the ways to encrypt, tried in order. */
  readonly hosts: readonly { readonly label: string; readonly ways: readonly ClientConfig[] }[];
  readonly session: TargetSession;
  /** The order of the hosts is drawn anew. */
  readonly isRandom: boolean;
  /** `host:port/database`, for people; of several hosts all. */
  readonly display: string;
  /** Schema that the request or the URI asks for; null leaves it to the search path. */
  readonly schema: string | null;
}

/** What MongoClient takes: `new MongoClient(uri, options).db(database)`. `uri` holds the password. */
export interface ResolvedMongo {
  readonly uri: string;
  readonly options: MongoClientOptions;
  /** Database to write to; the one in `uri`, if any, is where the login is looked up. */
  readonly database: string;
  /** `host:port/database`, for people. */
  readonly display: string;
  /** Options of the URI that the program overrides, such as `readPreference=secondary`; they are not in `uri`. */
  readonly overridden: readonly string[];
}

export interface ConnectionResolver {
  /** Throws MigrationError; an unreachable server is not one yet, the driver will tell. */
  readonly resolvePostgres: (ref: ConnectionRef) => Promise<ResolvedPostgres>;
  readonly resolveMongo: (ref: ConnectionRef) => Promise<ResolvedMongo>;
  /** Drops cached secrets and keys, to be called after a refused login: keys may have been rotated. */
  readonly forget: () => void;
}

/** What the resolver reaches outside of this process, replaced in tests. */
export interface ResolverDeps {
  readonly getToken?: GetToken;
  readonly getVaultSecret?: GetVaultSecret;
  readonly fetch?: typeof fetch;
}

/** Scope of tokens for Azure Database for PostgreSQL, which DocumentDB clusters share (cosmos-facts §4). */
const DATABASE_SCOPE = 'https://ossrdbms-aad.database.windows.net/.default';

/** Key Vault and listConnectionStrings are limited; a rotated key is noticed after this time, or at once with `forget`. */
const CACHE_MS = 5 * 60_000;

/** The load balancer in front of Cosmos DB drops what is idle for four minutes (cosmos-facts §2). */
const COSMOS_MAX_IDLE_MS = 120_000;

const vaultFailure = (error: unknown, name: string, vault: string, unreachable: ErrorKind): MigrationError => {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (status === 401 || status === 403) {
    return new MigrationError('config', `Key Vault ${vault} refuses to show the secret ${name}`, {
      hint: "Give the app's identity the role Key Vault Secrets User on the vault, and let its network in",
      cause: error,
    });
  }
  return new MigrationError(unreachable, `Key Vault ${vault} did not answer for the secret ${name}`, {
    hint: "Check KEY_VAULT_URI, the app's identity (AZURE_CLIENT_ID) and its network",
    cause: error,
  });
};

const wrongKind = (ref: ConnectionRef, wanted: string): MigrationError =>
  new MigrationError('internal', `A connection of kind ${ref.kind} was given for the ${wanted}`);

/** A whole number of seconds, null where the parameter is not given. */
const secondsOf = ({ parameters }: PostgresEndpoint, key: string): number | null => {
  const given = parameters.get(key);
  if (given === undefined || given.value === '') return null;
  if (!/^-?\d{1,6}$/.test(given.value)) {
    throw new MigrationError('config', `${given.from} has a ${key} that is no whole number of seconds`);
  }
  // As in libpq, zero and less wait for ever, which pg also writes as 0.
  return Math.max(0, Number(given.value));
};

/** The word that a parameter gives, the first one where it is not given. */
const choiceOf = <T extends string>({ parameters }: PostgresEndpoint, key: string, words: readonly [T, ...T[]]): T => {
  const given = parameters.get(key);
  if (given === undefined) return words[0];
  const word = words.find((known) => known === given.value);
  if (word !== undefined) return word;
  throw new MigrationError('config', `${given.from} has a ${key} that does not exist`, {
    hint: `One of ${words.join(', ')}`,
  });
};

/** Name of the user of this process, by which libpq logs in where no other is given. */
const ownName = (): string | null => {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number without a name.
    return null;
  }
};

/** What is wrong with a target that the driver would tell only when it is made or connects. */
const checkMongo = async (parsed: ParsedMongoUri, options: MongoClientOptions, label: string): Promise<void> => {
  for (const name of ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile']) {
    const path = parsed.params.get(name.toLowerCase());
    if (path === undefined) continue;
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      throw new MigrationError('config', `${label} names a file in ${name} that cannot be read: ${path}`, {
        hint: 'Check the path and its permissions',
        cause: error,
      });
    });
    if (text.includes('-----BEGIN')) continue;
    throw new MigrationError('config', `${label} names no PEM file in ${name}: ${path}`, {
      hint: 'Certificates, keys and lists of revoked certificates are PEM files',
    });
  }
  // Loaded when there is a target: it is the greatest of all packages.
  const { MongoClient } = await import('mongodb');
  try {
    await new MongoClient(parsed.uri, options).close();
  } catch (error) {
    const reason = error instanceof Error ? redact(error.message) : 'no reason given';
    throw new MigrationError('config', `${label} has options that do not go together: ${reason}`, {
      hint: 'Correct or remove one of them; docs/reference/connections.md lists them all',
      cause: error,
    });
  }
};

/** Turns names of connections into what the drivers take. Reads settings and secrets when asked, not before. */
export const createConnectionResolver = (env: Environment, deps: ResolverDeps = {}): ConnectionResolver => {
  const getToken = deps.getToken ?? getAzureToken;
  const getVaultSecret = deps.getVaultSecret ?? getAzureVaultSecret;
  const fetchUrl = deps.fetch ?? fetch;
  const cache = new Map<string, { readonly until: number; readonly value: Promise<string> }>();

  const cached = (key: string, load: () => Promise<string>): Promise<string> => {
    const known = cache.get(key);
    if (known !== undefined && known.until > Date.now()) return known.value;
    const value = load();
    cache.set(key, { until: Date.now() + CACHE_MS, value });
    value.catch(() => cache.delete(key));
    return value;
  };

  /** The URI behind a name, and what to call it in messages. */
  const readSecret = async (name: string, unreachable: ErrorKind): Promise<{ uri: string; label: string }> => {
    const { keyVaultUri, clientId } = readSettings(env);
    if (keyVaultUri !== null) {
      const secret = name.replaceAll('_', '-');
      const vault = new URL(keyVaultUri).host;
      const label = `Secret ${secret} in ${vault}`;
      const uri = await cached(`secret ${secret}`, async () => {
        let value: string | undefined;
        try {
          value = await getVaultSecret(keyVaultUri, secret, clientId);
        } catch (error) {
          throw vaultFailure(error, secret, vault, unreachable);
        }
        if (value === undefined || value.trim() === '') {
          throw new MigrationError('config', `${label} is missing or empty`, {
            hint: `Create it with the connection URI as its value, or name another one as source.secret or destination.secret`,
          });
        }
        return value;
      });
      return { uri, label };
    }
    // The command sets it to nothing where it means none.
    if (env['KEY_VAULT_URI'] === undefined) refuseNearMisses(['KEY_VAULT_URI'], env);
    const setting = name.toUpperCase().replaceAll('-', '_');
    const found = [name, setting].find((candidate) => (env[candidate] ?? '').trim() !== '');
    if (found === undefined) {
      const looked = name === setting ? name : `${name} or ${setting}`;
      const near = nearMisses(setting, env)[0];
      const message = `Setting ${looked} is missing, and KEY_VAULT_URI names no Key Vault to look in`;
      throw new MigrationError('config', message, {
        hint:
          near === undefined
            ? 'Set it to the connection URI, or set KEY_VAULT_URI'
            : `There is a setting ${near}: did you mean ${setting}?`,
      });
    }
    return { uri: env[found] ?? '', label: `Setting ${found}` };
  };

  /** Passwords of the hosts of an endpoint that names none, from the password file. */
  const storedPasswords = async (endpoint: PostgresEndpoint, user: string | null): Promise<(string | null)[]> => {
    const given = endpoint.parameters.get('passfile');
    const file = given?.value
      ? await readPasswordFile(given.value, given.from)
      : await readPasswordFile(postgresHome(env).passwordFile, null);
    return endpoint.hosts.map(({ host, port }) => {
      if (file === null || user === null) return null;
      const password = passwordFor(file, { host, port, database: endpoint.database, user });
      keepSecret(password, [host, user, endpoint.database]);
      return password;
    });
  };

  /** What the drivers take for an endpoint. `getPassword` fetches one for each new connection, in place of one that is kept. */
  const fromEndpoint = async (
    endpoint: PostgresEndpoint,
    schema: string | null,
    getPassword: (() => Promise<string>) | null,
  ): Promise<ResolvedPostgres> => {
    const { hosts, params, database } = endpoint;
    const user = endpoint.user ?? ownName();
    const stored = getPassword === null && endpoint.password === null ? await storedPasswords(endpoint, user) : [];
    const timeoutSeconds = secondsOf(endpoint, 'connect_timeout') ?? readSettings(env).pgConnectTimeoutSeconds;
    const idleSeconds = secondsOf(endpoint, 'keepalives_idle');
    const name = params.get('application_name') || params.get('fallback_application_name');
    const options = params.get('options');
    const ways = await postgresTls(endpoint, env);
    const candidates = hosts.map(({ host, port, address }, index) => ({
      label: showHost(host, port),
      ways: (ways[index] ?? []).map(
        (ssl): ClientConfig => ({
          host: address ?? host,
          port,
          database,
          ...(user === null ? {} : { user }),
          // Without a password pg would look for one in places of its own.
          password: getPassword ?? endpoint.password ?? stored[index] ?? (() => ''),
          ssl,
          ...(options ? { options } : {}),
          ...(name ? { application_name: name } : {}),
          ...(params.get('keepalives') === '0' ? { keepAlive: false } : {}),
          ...(idleSeconds === null ? {} : { keepAliveInitialDelayMillis: idleSeconds * 1000 }),
          // Without it pg would read PGSSLNEGOTIATION, also for a way without TLS.
          sslnegotiation: ssl !== false && params.get('sslnegotiation') === 'direct' ? 'direct' : 'postgres',
          connectionTimeoutMillis: timeoutSeconds * 1000,
        }),
      ),
    }));
    return {
      config: candidates[0]?.ways[0] ?? {},
      hosts: candidates,
      session: choiceOf(endpoint, 'target_session_attrs', SESSIONS),
      isRandom: choiceOf(endpoint, 'load_balance_hosts', ['disable', 'random']) === 'random',
      display: displayOf(endpoint),
      schema: schema ?? endpoint.schema,
    };
  };

  const resolvePostgres = async (ref: ConnectionRef): Promise<ResolvedPostgres> => {
    checkAllowed(ref, readSettings(env).allowedConnections);
    if (ref.kind === 'secret') {
      if (!('schema' in ref)) throw wrongKind(ref, 'source');
      const { uri, label } = await readSecret(ref.secret, 'source-unreachable');
      return fromEndpoint(parsePostgresUri(uri, label, env), ref.schema, null);
    }
    if (ref.kind !== 'postgres-identity') throw wrongKind(ref, 'source');
    const settings = readSettings(env);
    const host = ref.server.includes('.') ? ref.server : `${ref.server}.postgres.database.azure.com`;
    if (!isAzurePostgres(host)) {
      throw new MigrationError('config', 'source.server is not an Azure Database for PostgreSQL server', {
        hint: 'Identity-based login hands the server a token, so it is for Azure hosts only; for other servers use source.secret',
      });
    }
    const password = async (): Promise<string> => {
      try {
        const { token } = await getToken(DATABASE_SCOPE, ref.clientId ?? settings.clientId);
        registerSecret(token);
        return token;
      } catch (error) {
        throw new MigrationError('source-refused', `No Microsoft Entra token for ${host} could be had`, {
          hint: 'Check that the app has an identity (AZURE_CLIENT_ID for a user-assigned one)',
          cause: error,
        });
      }
    };
    const written = { host, port: String(ref.port), dbname: ref.database, user: ref.user, sslmode: 'verify-full' };
    const given = Object.entries(written).map(([key, value]) => [key, { value, from: 'source.server' }] as const);
    // A password of the environment is for other servers than this one.
    const { PGPASSWORD: _password, PGPASSFILE: _file, PGSERVICE: _service, ...others } = env;
    return fromEndpoint(completePostgres(new Map(given), 'source.server', others), ref.schema, password);
  };

  const fromMongoUri = async (text: string, label: string, wanted: string | null): Promise<ResolvedMongo> => {
    const parsed = parseMongoUri(text, label);
    const database = wanted ?? parsed.database;
    checkTargetDatabase(database, wanted === null ? label : 'destination.database');
    const isRu = parsed.hosts.some(({ host }) => isCosmosHost(host));
    const isAzure = isRu || parsed.hosts.some(({ host }) => isClusterHost(host));
    const options: MongoClientOptions = {
      ...(isAzure ? { tls: true, retryWrites: false } : {}),
      ...(isAzure && !parsed.params.has('maxidletimems') ? { maxIdleTimeMS: COSMOS_MAX_IDLE_MS } : {}),
    };
    await checkMongo(parsed, options, label);
    return { uri: parsed.uri, options, database, display: displayOf(parsed, database), overridden: parsed.overridden };
  };

  const clusterLogin = (ref: Extract<DestinationRef, { kind: 'cosmos-identity' }>): ResolvedMongo => {
    const host = clusterHost(ref.account);
    const clientId = ref.clientId ?? readSettings(env).clientId;
    return {
      uri: `mongodb+srv://${host}/`,
      options: {
        tls: true,
        retryWrites: false,
        maxIdleTimeMS: COSMOS_MAX_IDLE_MS,
        authMechanism: 'MONGODB-OIDC',
        authMechanismProperties: {
          OIDC_CALLBACK: async () => {
            const { token, expiresOnTimestamp } = await getToken(DATABASE_SCOPE, clientId);
            registerSecret(token);
            const expiresInSeconds = Math.max(1, Math.floor((expiresOnTimestamp - Date.now()) / 1000));
            return { accessToken: token, expiresInSeconds };
          },
          // The driver's own list knows no Azure host. Narrow, as these hosts are handed a token.
          ALLOWED_HOSTS: [
            '*.mongocluster.cosmos.azure.com',
            '*.mongocluster.cosmos.azure.us',
            '*.mongocluster.cosmos.azure.cn',
          ],
        },
      },
      database: ref.database,
      display: `${host}/${ref.database}`,
      overridden: [],
    };
  };

  const resolveMongo = async (ref: ConnectionRef): Promise<ResolvedMongo> => {
    checkAllowed(ref, readSettings(env).allowedConnections);
    if (ref.kind === 'secret') {
      if (!('database' in ref)) throw wrongKind(ref, 'target');
      const { uri, label } = await readSecret(ref.secret, 'target-unreachable');
      return fromMongoUri(uri, label, ref.database);
    }
    if (ref.kind !== 'cosmos-identity') throw wrongKind(ref, 'target');
    checkTargetDatabase(ref.database, 'destination.database');
    if (ref.flavour === 'vcore') return clusterLogin(ref);
    const settings = readSettings(env);
    const place = {
      subscription: ref.subscription ?? settings.subscription,
      resourceGroup: ref.resourceGroup ?? settings.resourceGroup,
      clientId: ref.clientId ?? settings.clientId,
    };
    const key = `account ${place.subscription} ${place.resourceGroup} ${ref.account}`;
    const uri = await cached(key, () => fetchAccountUri(ref, place, getToken, fetchUrl));
    return fromMongoUri(uri, `The connection string of ${ref.account}`, ref.database);
  };

  return { resolvePostgres, resolveMongo, forget: () => cache.clear() };
};
