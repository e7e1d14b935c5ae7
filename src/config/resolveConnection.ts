import type { MongoClientOptions } from 'mongodb';
import type { ClientConfig } from 'pg';
import { type ErrorKind, MigrationError } from '../errors.ts';
import { type GetToken, type GetVaultSecret, getAzureToken, getAzureVaultSecret } from './azureCredential.ts';
import {
  checkTargetDatabase,
  displayOf,
  type HostPort,
  type ParsedPostgresUri,
  parseMongoUri,
  parsePostgresUri,
} from './connectionUri.ts';
import { clusterHost, fetchAccountUri, isClusterHost, isCosmosHost } from './cosmosConnection.ts';
import { isAzurePostgres, mustAskForTls, postgresTls } from './postgresTls.ts';
import { type PostgresAnswer, type ProbePostgres, probePostgres } from './probePostgres.ts';
import { registerSecret } from './redact.ts';
import type { ConnectionRef, DestinationRef, SourceRef } from './schemas/connectionRef.ts';
import { type Environment, readSettings } from './schemas/settings.ts';

/** A PostgreSQL source as the source room takes it (`SourceConnection`). */
export interface ResolvedPostgres {
  /** Options for `pg`'s Client or Pool. Holds the password, or the function that fetches a token for each new connection. */
  readonly config: ClientConfig;
  /** `host:port/database`, for people. */
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
  readonly probePostgres?: ProbePostgres;
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

const readTimeoutSeconds = (written: string | undefined, label: string): number | null => {
  if (written === undefined) return null;
  if (!/^-?\d{1,6}$/.test(written)) {
    throw new MigrationError('config', `${label} has a connect_timeout that is no whole number of seconds`);
  }
  // As in libpq, zero and less wait for ever, which pg also writes as 0.
  return Math.max(0, Number(written));
};

/** Turns names of connections into what the drivers take. Reads settings and secrets when asked, not before. */
export const createConnectionResolver = (env: Environment, deps: ResolverDeps = {}): ConnectionResolver => {
  const getToken = deps.getToken ?? getAzureToken;
  const getVaultSecret = deps.getVaultSecret ?? getAzureVaultSecret;
  const fetchUrl = deps.fetch ?? fetch;
  const probe = deps.probePostgres ?? probePostgres;
  const cache = new Map<string, { readonly until: number; readonly value: Promise<string> }>();
  const answers = new Map<string, PostgresAnswer>();

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
    const setting = name.toUpperCase().replaceAll('-', '_');
    const found = [name, setting].find((candidate) => (env[candidate] ?? '').trim() !== '');
    if (found === undefined) {
      const looked = name === setting ? name : `${name} or ${setting}`;
      throw new MigrationError(
        'config',
        `Setting ${looked} is missing, and KEY_VAULT_URI names no Key Vault to look in`,
        {
          hint: 'Set it to the connection URI, or set KEY_VAULT_URI',
        },
      );
    }
    return { uri: env[found] ?? '', label: `Setting ${found}` };
  };

  /** The host to read from, and whether it speaks TLS: asked only where the URI leaves it open. */
  const chooseHost = async (
    parsed: ParsedPostgresUri,
    label: string,
    timeoutMs: number,
  ): Promise<{ chosen: HostPort; answer: PostgresAnswer }> => {
    const first = parsed.hosts[0]!;
    if (parsed.hosts.length === 1 && !mustAskForTls(parsed, label)) return { chosen: first, answer: 'plain' };
    for (const candidate of parsed.hosts) {
      const port = candidate.port ?? 5432;
      const key = `${candidate.host} ${port}`;
      const answer = answers.get(key) ?? (await probe(candidate.host, port, timeoutMs));
      if (answer === 'unreachable') continue;
      answers.set(key, answer);
      return { chosen: candidate, answer };
    }
    return { chosen: first, answer: 'unreachable' };
  };

  const fromUri = async (ref: Extract<SourceRef, { kind: 'secret' }>): Promise<ResolvedPostgres> => {
    const { uri, label } = await readSecret(ref.secret, 'source-unreachable');
    const parsed = parsePostgresUri(uri, label);
    const timeoutSeconds =
      readTimeoutSeconds(parsed.params.get('connect_timeout'), label) ?? readSettings(env).pgConnectTimeoutSeconds;
    const { chosen, answer } = await chooseHost(parsed, label, (timeoutSeconds || 10) * 1000);
    const password = parsed.password ?? env['PGPASSWORD'] ?? null;
    if (parsed.password === null && password !== null && password !== parsed.user) registerSecret(password);
    const options = parsed.params.get('options');
    const inUri = ['schema', 'currentschema', 'search_path'].map((name) => parsed.params.get(name));
    return {
      config: {
        host: chosen.host,
        port: chosen.port ?? 5432,
        database: parsed.database,
        ...(parsed.user === null ? {} : { user: parsed.user }),
        ...(password === null ? {} : { password }),
        ssl: await postgresTls(parsed, answer, label),
        ...(options === undefined ? {} : { options }),
        connectionTimeoutMillis: timeoutSeconds * 1000,
      },
      display: displayOf({ ...parsed, hosts: [chosen] }),
      schema: ref.schema ?? inUri.find((schema) => schema !== undefined && schema !== '') ?? null,
    };
  };

  const resolvePostgres = async (ref: ConnectionRef): Promise<ResolvedPostgres> => {
    if (ref.kind === 'secret') {
      if (!('schema' in ref)) throw wrongKind(ref, 'source');
      return fromUri(ref);
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
    return {
      config: {
        host,
        port: ref.port,
        database: ref.database,
        user: ref.user,
        password,
        ssl: { rejectUnauthorized: true },
        connectionTimeoutMillis: settings.pgConnectTimeoutSeconds * 1000,
      },
      display: `${host}:${ref.port}/${ref.database}`,
      schema: ref.schema,
    };
  };

  const fromMongoUri = (text: string, label: string, wanted: string | null): ResolvedMongo => {
    const parsed = parseMongoUri(text, label);
    const database = wanted ?? parsed.database;
    checkTargetDatabase(database, wanted === null ? label : 'destination.database');
    const isRu = parsed.hosts.some(({ host }) => isCosmosHost(host));
    const isAzure = isRu || parsed.hosts.some(({ host }) => isClusterHost(host));
    return {
      uri: parsed.uri,
      options: {
        ...(isAzure ? { tls: true, retryWrites: false } : {}),
        ...(isAzure && !parsed.params.has('maxidletimems') ? { maxIdleTimeMS: COSMOS_MAX_IDLE_MS } : {}),
      },
      database,
      display: displayOf(parsed, database),
    };
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
    };
  };

  const resolveMongo = async (ref: ConnectionRef): Promise<ResolvedMongo> => {
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
