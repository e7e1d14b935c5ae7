import { MigrationError } from '../errors.ts';
import { isClusterHost, isCosmosHost } from './mongo/cosmosConnection.ts';
import { readMongoOptions } from './mongo/mongoOptions.ts';
import { completePostgres, type PostgresEndpoint } from './postgres/postgresEndpoint.ts';
import type { GivenParameter } from './postgres/postgresParameters.ts';
import { keepSecret } from './redact.ts';
import { endOfUserInfo } from './uriAuthority.ts';

/** Target database of a URI that names none. */
export const DEFAULT_DATABASE = 'mlflow_migrated';

export interface HostPort {
  readonly host: string;
  /** Null where the URI leaves it to the scheme's default, and for SRV names, which have none. */
  readonly port: number | null;
}

/** A PostgreSQL URI with what service file and environment add to it. */
export interface ParsedPostgresUri extends PostgresEndpoint {
  readonly kind: 'postgres';
}

/** A MongoDB URI in parts, percent-decoded. Keys of `params` are lower-case. */
export interface ParsedMongoUri {
  readonly kind: 'mongodb';
  readonly hosts: readonly HostPort[];
  readonly user: string | null;
  readonly password: string | null;
  readonly isSrv: boolean;
  /** Database to write to; {@link DEFAULT_DATABASE} where the URI names none. */
  readonly database: string;
  /** Lower-case, without those that the program overrides or that only other clients know. */
  readonly params: ReadonlyMap<string, string>;
  /** The same URI with these options alone, and user and password percent-encoded, as the driver demands. Holds the password. */
  readonly uri: string;
  /** Options of the URI that the program overrides, such as `readPreference=secondary`. */
  readonly overridden: readonly string[];
}

const POSTGRES_EXAMPLE = 'Write it as postgresql://user:password@host:5432/database';
const MONGO_EXAMPLE =
  'Write it as mongodb://user:password@host:27017/database or mongodb+srv://user:password@host/database';

// `postgresql+psycopg2` and the like are what MLflow itself is configured with (SQLAlchemy).
const POSTGRES_SCHEME = /^postgres(?:ql)?(?:\+[a-z0-9]+)?$/i;
const MONGO_SCHEME = /^mongodb(?:\+srv)?$/i;

/** Percent-decoding that leaves a text with a stray `%` as it is: passwords are often pasted unescaped. */
const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const parseHosts = (text: string, label: string, hint: string): HostPort[] =>
  text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const bracketed = /^\[([^\]]+)\](?::(\d*))?$/.exec(part);
      const match = bracketed ?? /^([^:[\]]*)(?::(\d*))?$/.exec(part);
      if (match === null)
        throw new MigrationError('config', `${label} has a host or port that cannot be read`, { hint });
      const port = match[2] === undefined || match[2] === '' ? null : Number(match[2]);
      if (port !== null && (port < 1 || port > 65_535)) {
        throw new MigrationError('config', `${label} has a port outside 1 to 65535`, { hint });
      }
      return { host: decode(match[1] ?? ''), port };
    });

interface SplitUri {
  readonly scheme: string;
  readonly hosts: readonly HostPort[];
  readonly user: string | null;
  readonly password: string | null;
  /** Percent-decoded, without its first slash. */
  readonly path: string;
  /** As written, with its first slash. */
  readonly rawPath: string;
  readonly authority: string;
  /** Pairs of the query in their order, percent-decoded. */
  readonly query: readonly (readonly [key: string, value: string])[];
}

const splitUri = (given: string, label: string, isScheme: RegExp, expected: string, hint: string): SplitUri => {
  const text = given.trim();
  if (text === '') throw new MigrationError('config', `${label} is empty`, { hint });
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined) {
    throw new MigrationError('config', `${label} is not a connection URI: it has no scheme such as ${expected}://`, {
      hint,
    });
  }
  if (!isScheme.test(scheme)) {
    const swapped = POSTGRES_SCHEME.test(scheme) || MONGO_SCHEME.test(scheme);
    throw new MigrationError('config', `${label} has the scheme ${scheme}://, expected ${expected}://`, {
      hint: swapped ? 'Source and target seem to be swapped' : hint,
    });
  }
  const rest = text.slice(scheme.length + 3);
  const at = endOfUserInfo(rest);
  const userInfo = at < 0 ? null : rest.slice(0, at);
  const afterUser = rest.slice(at + 1);
  const pathStart = afterUser.search(/[/?]/);
  const authority = pathStart < 0 ? afterUser : afterUser.slice(0, pathStart);
  const tail = pathStart < 0 ? '' : afterUser.slice(pathStart);
  const queryStart = tail.indexOf('?');
  const colon = userInfo?.indexOf(':') ?? -1;
  const writtenPassword = userInfo === null || colon < 0 ? null : userInfo.slice(colon + 1);
  // To SQLAlchemy, whose schemes name a driver, a plus in the query is a space; to libpq and MongoDB it is a plus.
  const spaced = (text: string): string => (/^postgres\w*\+/i.test(scheme) ? text.replaceAll('+', ' ') : text);
  const pairs = queryStart < 0 ? [] : tail.slice(queryStart + 1).split('&');
  const query = pairs.flatMap((pair): [string, string][] => {
    if (pair === '') return [];
    const equals = pair.indexOf('=');
    if (equals > 0) return [[decode(pair.slice(0, equals)), decode(spaced(pair.slice(equals + 1)))]];
    throw new MigrationError('config', `${label} has a parameter that is no key=value`, {
      hint: 'Correct or remove it; percent-encode & and = in values',
    });
  });
  const rawPath = queryStart < 0 ? tail : tail.slice(0, queryStart);
  return {
    scheme: scheme.toLowerCase(),
    user: userInfo === null ? null : decode(colon < 0 ? userInfo : userInfo.slice(0, colon)) || null,
    password: writtenPassword === null || writtenPassword === '' ? null : decode(writtenPassword),
    hosts: parseHosts(authority, label, hint),
    path: decode(rawPath.slice(1)),
    rawPath,
    authority,
    query,
  };
};

/** Keys that may stand several times: SQLAlchemy writes a list of hosts so. */
const REPEATABLE = new Set(['host', 'port', 'hostaddr']);

/** What a PostgreSQL URI itself says. As in libpq, its query wins over what stands before. */
const writtenParameters = (parts: SplitUri, label: string): Map<string, GivenParameter> => {
  const written = new Map<string, GivenParameter>();
  const set = (key: string, value: string): void => {
    if (value !== '') written.set(key, { value, from: label });
  };
  set('host', parts.hosts.map(({ host }) => host).join(','));
  if (parts.hosts.some(({ port }) => port !== null)) set('port', parts.hosts.map(({ port }) => port ?? '').join(','));
  set('user', parts.user ?? '');
  set('password', parts.password ?? '');
  set('dbname', parts.path);
  const inQuery = new Map<string, string>();
  for (const [name, value] of parts.query) {
    const key = name.toLowerCase();
    const before = inQuery.get(key);
    if (before !== undefined && !REPEATABLE.has(key)) {
      throw new MigrationError(
        'config',
        `${label} has ${/^\w{1,40}$/.test(key) ? `the parameter ${key}` : 'a parameter'} twice`,
        {
          hint: 'Write it once',
        },
      );
    }
    inQuery.set(key, before === undefined ? value : `${before},${value}`);
  }
  for (const [key, value] of inQuery) written.set(key, { value, from: label });
  return written;
};

/**
 * Reads a PostgreSQL URI, completes it as libpq does from service file and environment, and registers its passwords for
 * redaction. `label` names the option, setting or secret that holds it. Throws MigrationError('config') for what cannot be
 * honoured, with messages that repeat nothing of the URI but its scheme and the names of parameters.
 */
export const parsePostgresUri = (
  text: string,
  label: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ParsedPostgresUri => {
  const parts = splitUri(text, label, POSTGRES_SCHEME, 'postgresql', POSTGRES_EXAMPLE);
  return { kind: 'postgres', ...completePostgres(writtenParameters(parts, label), label, env) };
};

/** Databases that MongoDB keeps for itself. */
const RESERVED_DATABASES = ['admin', 'local', 'config'];

/** Throws MigrationError('config') for a name that MongoDB refuses as a database, or keeps for itself. */
export const checkTargetDatabase = (database: string, label: string): void => {
  if (database === '' || /[/\\. "$*<>:|?@\0]/.test(database) || Buffer.byteLength(database) > 63) {
    throw new MigrationError('config', `${label} has a database name that MongoDB does not allow`, {
      hint: `${MONGO_EXAMPLE}; percent-encode @ and / in a password`,
    });
  }
  if (RESERVED_DATABASES.includes(database.toLowerCase())) {
    throw new MigrationError('config', `${label} names the database ${database}, which MongoDB keeps for itself`, {
      hint: `Name the database to write to, and give the one to log in at as authSource: /${DEFAULT_DATABASE}?authSource=${database}`,
    });
  }
};

/**
 * Reads a MongoDB URI (also SRV and replica-set forms) and registers its password for redaction. `label` names the option,
 * setting or secret that holds it. Throws MigrationError('config') with a message that repeats nothing of the URI but its scheme.
 */
export const parseMongoUri = (text: string, label: string): ParsedMongoUri => {
  const parts = splitUri(text, label, MONGO_SCHEME, 'mongodb', MONGO_EXAMPLE);
  const { hosts, user, password } = parts;
  const isSrv = parts.scheme === 'mongodb+srv';
  const isAzure = hosts.some(({ host }) => isCosmosHost(host) || isClusterHost(host));
  keepSecret(password, [user, parts.path, ...hosts.map(({ host }) => host)]);
  if (hosts.length === 0 || hosts.some(({ host }) => host === '')) {
    throw new MigrationError('config', `${label} names no host`, { hint: MONGO_EXAMPLE });
  }
  if (isSrv && (hosts.length > 1 || hosts[0]?.port !== null)) {
    throw new MigrationError('config', `${label} is a mongodb+srv:// URI, which takes one host without a port`, {
      hint: MONGO_EXAMPLE,
    });
  }
  const database = parts.path === '' ? DEFAULT_DATABASE : parts.path;
  checkTargetDatabase(database, label);
  const { handedOn, overridden } = readMongoOptions(parts.query, { isSrv, isAzure }, label);
  const login = password === null ? '' : `:${encodeURIComponent(password)}`;
  const userInfo = user === null ? '' : `${encodeURIComponent(user)}${login}@`;
  const query = handedOn.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  const tail = query === '' ? parts.rawPath : `${parts.rawPath || '/'}?${query}`;
  return {
    kind: 'mongodb',
    isSrv,
    hosts,
    user,
    password,
    database,
    params: new Map(handedOn.map(([key, value]) => [key.toLowerCase(), value])),
    overridden,
    uri: `${parts.scheme}://${userInfo}${parts.authority}${tail}`,
  };
};

/**
 * Database that a URI names to write to; null where it names none. The one behind a login is where that is looked up, unless
 * authSource says so, and goes with another one to write to.
 */
export const namedDatabase = ({ uri, user, params, database }: ParsedMongoUri): string | null => {
  const isNamed = /^[a-z+]+:\/\/[^/]*\/[^?]/.test(uri);
  return isNamed && (user === null || params.has('authsource')) ? database : null;
};

/** `host:port`, for people. */
export const showHost = (host: string, port: number): string =>
  `${host.includes(':') && !host.startsWith('/') ? `[${host}]` : host}:${port}`;

/** `host:port/database` of a parsed URI, for people and reports: no user, no password, no options. Of several hosts, all. */
export const displayOf = (
  parsed: Pick<PostgresEndpoint, 'hosts' | 'database'> | ParsedMongoUri,
  database: string = parsed.database,
): string => {
  const isSrv = 'isSrv' in parsed && parsed.isSrv;
  const hosts = parsed.hosts.map(({ host, port }) => (isSrv ? host : showHost(host, port ?? 27_017)));
  return `${hosts.join(',')}/${database}`;
};
