import { MigrationError } from '../errors.ts';
import { registerSecret } from './redact.ts';
import { endOfUserInfo } from './uriAuthority.ts';

/** Target database of a URI that names none (design §1). */
export const DEFAULT_DATABASE = 'mlflow_migrated';

export interface HostPort {
  readonly host: string;
  /** Null where the URI leaves it to the scheme's default, and for SRV names, which have none. */
  readonly port: number | null;
}

interface ParsedUri {
  readonly hosts: readonly HostPort[];
  readonly user: string | null;
  readonly password: string | null;
  readonly params: ReadonlyMap<string, string>;
}

/** A PostgreSQL URI in parts, percent-decoded. Keys of `params` are lower-case. */
export interface ParsedPostgresUri extends ParsedUri {
  readonly kind: 'postgres';
  readonly database: string;
}

/** A MongoDB URI in parts, percent-decoded. Keys of `params` are lower-case. */
export interface ParsedMongoUri extends ParsedUri {
  readonly kind: 'mongodb';
  readonly isSrv: boolean;
  /** Database to write to; {@link DEFAULT_DATABASE} where the URI names none. */
  readonly database: string;
  /** The same URI with user and password percent-encoded, as the driver demands. Holds the password. */
  readonly uri: string;
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

interface SplitUri extends ParsedUri {
  readonly scheme: string;
  readonly path: string;
  /** Path and query as written. */
  readonly tail: string;
  readonly authority: string;
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
  const query = queryStart < 0 ? '' : tail.slice(queryStart + 1);
  const colon = userInfo?.indexOf(':') ?? -1;
  const writtenPassword = userInfo === null || colon < 0 ? null : userInfo.slice(colon + 1);
  const params = new Map<string, string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals > 0) params.set(pair.slice(0, equals).toLowerCase(), decode(pair.slice(equals + 1)));
  }
  return {
    scheme: scheme.toLowerCase(),
    user: userInfo === null ? null : decode(colon < 0 ? userInfo : userInfo.slice(0, colon)) || null,
    password: writtenPassword === null || writtenPassword === '' ? null : decode(writtenPassword),
    hosts: parseHosts(authority, label, hint),
    path: decode((queryStart < 0 ? tail : tail.slice(0, queryStart)).slice(1)),
    params,
    tail,
    authority,
  };
};

/** Registers a password for redaction, unless it equals a name that is printed by design (`mlflow:mlflow@host/mlflow`). */
const keepSecret = (password: string | null, names: readonly (string | null)[]): void => {
  if (password !== null && !names.includes(password)) registerSecret(password);
};

/**
 * Reads a PostgreSQL URI and registers its password for redaction. `label` names the option, setting or secret that holds it.
 * Throws MigrationError('config') with a message that repeats nothing of the URI but its scheme.
 */
export const parsePostgresUri = (text: string, label: string): ParsedPostgresUri => {
  const parts = splitUri(text, label, POSTGRES_SCHEME, 'postgresql', POSTGRES_EXAMPLE);
  const hostParam = parts.params.get('host');
  const portParam = parts.params.get('port');
  let hosts = parts.hosts;
  if (hostParam !== undefined) {
    const ports = (portParam ?? '').split(',');
    const asList = hostParam.split(',').map((host, index) => {
      const port = ports[index] ?? ports[0] ?? '';
      return host.includes(':') ? `[${host}]:${port}` : `${encodeURIComponent(host)}:${port}`;
    });
    hosts = parseHosts(asList.join(','), label, POSTGRES_EXAMPLE);
  }
  if (hosts.length === 0) hosts = [{ host: 'localhost', port: null }];
  hosts = hosts.map(({ host, port }) => ({ host: host === '' ? 'localhost' : host, port }));
  const user = parts.user ?? parts.params.get('user') ?? null;
  const password = parts.password ?? parts.params.get('password') ?? null;
  const database = parts.path === '' ? (parts.params.get('dbname') ?? '') : parts.path;
  keepSecret(password, [user, database, ...hosts.map(({ host }) => host)]);
  if (database === '') throw new MigrationError('config', `${label} names no database`, { hint: POSTGRES_EXAMPLE });
  return { kind: 'postgres', hosts, user, password, database, params: parts.params };
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
  const login = password === null ? '' : `:${encodeURIComponent(password)}`;
  const userInfo = user === null ? '' : `${encodeURIComponent(user)}${login}@`;
  const tail = parts.tail.startsWith('?') ? `/${parts.tail}` : parts.tail;
  return {
    kind: 'mongodb',
    isSrv,
    hosts,
    user,
    password,
    database,
    params: parts.params,
    uri: `${parts.scheme}://${userInfo}${parts.authority}${tail}`,
  };
};

/** `host:port/database` of a parsed URI, for people and reports: no user, no password, no options. */
export const displayOf = (parsed: ParsedPostgresUri | ParsedMongoUri, database: string = parsed.database): string => {
  const defaultPort = parsed.kind === 'postgres' ? 5432 : 27_017;
  const hosts = parsed.hosts.map(({ host, port }) => {
    if (parsed.kind === 'mongodb' && parsed.isSrv) return host;
    return `${host.includes(':') ? `[${host}]` : host}:${port ?? defaultPort}`;
  });
  return `${hosts.join(',')}/${database}`;
};

/** `host:port/database` of a PostgreSQL or MongoDB URI. Throws MigrationError('config') for anything else. */
export const displayHost = (uri: string, label = 'The connection URI'): string =>
  displayOf(/^\s*mongodb/i.test(uri) ? parseMongoUri(uri, label) : parsePostgresUri(uri, label));
