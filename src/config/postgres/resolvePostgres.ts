import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import type { SourceRef } from '../../contract/migrationRequest.ts';
import { TARGET_SESSIONS, type TargetSession } from '../../contract/targetSession.ts';
import { MigrationError } from '../../errors.ts';
import { DATABASE_SCOPE, type GetToken, noToken } from '../azureCredential.ts';
import { displayOf, showHost } from '../displayConnection.ts';
import type { Environment } from '../environment.ts';
import { keepSecret, registerSecret } from '../redact.ts';
import { readSettings } from '../schemas/settings.ts';
import { parsePostgresUri } from './parsePostgresUri.ts';
import { passwordFor, readPasswordFile } from './passwordFile.ts';
import { completePostgres, type PostgresEndpoint } from './postgresEndpoint.ts';
import { postgresHome } from './postgresHome.ts';
import { isAzurePostgres, postgresTls } from './postgresTls.ts';

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

/** A whole number of seconds, null where the parameter is not given. */
function secondsOf({ parameters }: PostgresEndpoint, key: string): number | null {
  const given = parameters.get(key);
  if (given === undefined || given.value === '') return null;
  if (!/^-?\d{1,6}$/.test(given.value)) {
    throw new MigrationError('config', `${given.from} has a ${key} that is not a whole number of seconds`);
  }
  // As in libpq, zero and less wait for ever, which pg also writes as 0.
  return Math.max(0, Number(given.value));
}

/** The word that a parameter gives, the first one where it is not given. */
function choiceOf<T extends string>({ parameters }: PostgresEndpoint, key: string, words: readonly [T, ...T[]]): T {
  const given = parameters.get(key);
  if (given === undefined) return words[0];
  const word = words.find((known) => known === given.value);
  if (word !== undefined) return word;
  throw new MigrationError('config', `${given.from} has a ${key} that does not exist`, {
    hint: `One of ${words.join(', ')}`,
  });
}

/** Name of the user of this process, by which libpq logs in where no other is given. */
function ownName(): string | null {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number without a name.
    return null;
  }
}

/** Passwords of the hosts of an endpoint that names none, from the password file. */
async function storedPasswords(
  endpoint: PostgresEndpoint,
  user: string | null,
  env: Environment,
): Promise<(string | null)[]> {
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
}

/** What the drivers take for an endpoint. `getPassword` fetches one for each new connection, in place of one that is kept. */
async function connectionOf(
  endpoint: PostgresEndpoint,
  schema: string | null,
  env: Environment,
  getPassword: (() => Promise<string>) | null,
): Promise<ResolvedPostgres> {
  const { hosts, params, database } = endpoint;
  const user = endpoint.user ?? ownName();
  const stored = getPassword === null && endpoint.password === null ? await storedPasswords(endpoint, user, env) : [];
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
    session: choiceOf(endpoint, 'target_session_attrs', TARGET_SESSIONS),
    isRandom: choiceOf(endpoint, 'load_balance_hosts', ['disable', 'random']) === 'random',
    display: displayOf(endpoint),
    schema: schema ?? endpoint.schema,
  };
}

/** A source whose URI is known; `label` is what holds it. Throws MigrationError('config'). */
export async function resolvePostgresUri(
  uri: string,
  label: string,
  schema: string | null,
  env: Environment,
): Promise<ResolvedPostgres> {
  return connectionOf(parsePostgresUri(uri, label, env), schema, env, null);
}

/** Shorter than the driver waits for a connection, so that the server is not blamed for a token that does not come. */
const TOKEN_LIMIT_MS = 8_000;

/** A server of Azure to log in to with the app's identity: a token for each new connection. Throws MigrationError. */
export async function resolvePostgresServer(
  ref: Extract<SourceRef, { kind: 'postgres-identity' }>,
  env: Environment,
  getToken: GetToken,
): Promise<ResolvedPostgres> {
  const { clientId } = readSettings(env);
  const host = ref.server.includes('.') ? ref.server : `${ref.server}.postgres.database.azure.com`;
  if (!isAzurePostgres(host)) {
    throw new MigrationError('config', 'source.server is not an Azure Database for PostgreSQL server', {
      hint: 'Identity-based login hands the server a token, so it is for Azure hosts only; for other servers use source.secret',
    });
  }
  const password = async (): Promise<string> => {
    try {
      const { token } = await getToken(DATABASE_SCOPE, ref.clientId ?? clientId, TOKEN_LIMIT_MS);
      registerSecret(token);
      return token;
    } catch (error) {
      throw noToken(error, 'source', host);
    }
  };
  const written = { host, port: String(ref.port), dbname: ref.database, user: ref.user, sslmode: 'verify-full' };
  const given = Object.entries(written).map(([key, value]) => [key, { value, from: 'source.server' }] as const);
  // A password of the environment is for other servers than this one.
  const { PGPASSWORD: _password, PGPASSFILE: _file, PGSERVICE: _service, ...others } = env;
  return connectionOf(completePostgres(new Map(given), 'source.server', others), ref.schema, env, password);
}
