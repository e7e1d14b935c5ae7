import { MigrationError } from '../../errors.ts';
import { searchPathOption } from '../../quoteSql.ts';
import type { Environment } from '../environment.ts';
import { keepSecret, registerSecret } from '../redact.ts';
import { POSTGRES_EXAMPLE } from '../splitUri.ts';
import { parameterFault } from './parameterFault.ts';
import { checkPostgresParameters, type GivenParameter, POSTGRES_PARAMETERS } from './postgresParameters.ts';
import { readPostgresService } from './readPostgresService.ts';
import { schemasIn, searchPathIn } from './searchPath.ts';
import { writtenSslMode } from './sslMode.ts';

type Parameters = Map<string, GivenParameter>;

/** One of the servers that a source may be read from. */
export interface PostgresHost {
  /** Name, address, or directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Address to connect to in place of the name (hostaddr), null where the name is to be looked up. */
  readonly address: string | null;
}

/** Where a PostgreSQL source is and how to get in, put together as libpq does. */
export interface PostgresEndpoint {
  /** In the order in which they are tried; at least one. */
  readonly hosts: readonly PostgresHost[];
  readonly database: string;
  /** Null leaves it to the name of this process's user. */
  readonly user: string | null;
  readonly password: string | null;
  /** Schema that holds MLflow's tables, where one is named. */
  readonly schema: string | null;
  /** All parameters by libpq's names. */
  readonly params: ReadonlyMap<string, string>;
  /** The same, with what gave each. */
  readonly parameters: ReadonlyMap<string, GivenParameter>;
}

const SECRETS = ['password', 'sslpassword', 'scram_client_key', 'scram_server_key', 'oauth_client_secret'] as const;
const SCHEMA_KEYS = ['schema', 'currentschema', 'search_path'] as const;

/** Adds what is not said yet. */
function fillIn(params: Parameters, more: ReadonlyMap<string, GivenParameter>): void {
  for (const [key, given] of more) if (!params.has(key)) params.set(key, given);
}

function fromEnvironment(env: Environment): Parameters {
  return new Map(
    POSTGRES_PARAMETERS.flatMap(({ key, variable }) => {
      const value = variable === null ? undefined : env[variable];
      // An empty setting counts as missing, as every other of the app.
      if (key === null || value === undefined || value.trim() === '') return [];
      return [[key, { value, from: `Environment variable ${variable}` }] as const];
    }),
  );
}

/** `unix_sock` is the socket itself, where libpq names its directory and port. */
function takeUnixSocket(params: Parameters): void {
  const given = params.get('unix_sock');
  if (given === undefined) return;
  const [, directory, port] = /^(\/.*)\/\.s\.PGSQL\.(\d{1,5})$/.exec(given.value) ?? [];
  const hint = 'Write the directory of the socket as host, and its number as port';
  if (directory === undefined || port === undefined) {
    throw parameterFault(given, 'has a unix_sock that does not end in /.s.PGSQL.5432 or another port', hint);
  }
  if (params.has('host') || params.has('hostaddr'))
    throw parameterFault(given, 'names both a host and a unix_sock', hint);
  params.set('host', { value: directory, from: given.from });
  params.set('port', { value: port, from: given.from });
}

/** `ssl` and `requiressl` are older words for `sslmode`. */
function takeSslWords(params: Parameters): void {
  const ssl = params.get('ssl');
  if (ssl !== undefined) {
    const word = ssl.value.toLowerCase();
    const isOn = ['true', 'on', '1', 'yes'].includes(word);
    const mode = isOn ? 'require' : ['false', 'off', '0', 'no'].includes(word) ? 'disable' : ssl.value;
    const written = params.get('sslmode');
    // JDBC's `ssl=true` stands beside a mode that says more.
    const agrees = written === undefined || written.value === mode || (isOn && written.value.startsWith('verify-'));
    if (!agrees) throw parameterFault(ssl, 'says one thing with ssl and another with sslmode', 'Keep only sslmode');
    if (written === undefined) params.set('sslmode', { value: mode, from: ssl.from });
  }
  const required = params.get('requiressl');
  if (required?.value.startsWith('1') && !params.has('sslmode')) {
    params.set('sslmode', { value: 'require', from: required.from });
  }
}

/** A host of a list, with its port where it is written as SQLAlchemy does. */
function splitHost(text: string): { readonly host: string; readonly port: string } {
  const [, bracketed, named, port] = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? named ?? text, port: port ?? '' };
}

function listOf(given: GivenParameter | undefined): string[] {
  return given?.value ? given.value.split(',') : [];
}

function readPort(text: string, given: GivenParameter): number {
  const port = Number(text.trim());
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw parameterFault(given, 'has a port outside 1 to 65535', POSTGRES_EXAMPLE);
}

/** Hosts, ports and addresses of equal number, as in libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS. */
function readHosts(params: Parameters): PostgresHost[] {
  const [host, port, address] = [params.get('host'), params.get('port'), params.get('hostaddr')];
  const names = listOf(host).map((text) => splitHost(text.trim()));
  const addresses = listOf(address).map((text) => text.trim());
  const count = Math.max(1, names.length, addresses.length);
  if (host !== undefined && names.length > 0 && addresses.length > 0 && names.length !== addresses.length) {
    throw parameterFault(
      host,
      `has ${names.length} hosts for ${addresses.length} of hostaddr`,
      'Give one address for each host',
    );
  }
  const withPorts = names.filter((name) => name.port !== '').length;
  const ports = listOf(port);
  if (host !== undefined && port !== undefined && withPorts > 0 && host.from === port.from && ports.length > 0) {
    throw parameterFault(host, 'has ports both behind the hosts and as port', 'Write them in one of the two ways');
  }
  if (withPorts === 0 && port !== undefined && ports.length > 1 && ports.length !== count) {
    throw parameterFault(
      port,
      `has ${ports.length} ports for ${count} hosts`,
      'Give one port for each host, or one for all',
    );
  }
  return Array.from({ length: count }, (_, index) => {
    const name = names[index];
    if (name?.host.startsWith('@')) {
      throw parameterFault(host!, 'names an abstract Unix socket', 'Name the directory of the socket');
    }
    const own = withPorts > 0 ? name?.port : ports.length === 1 ? ports[0] : ports[index];
    return {
      host: name?.host || addresses[index] || 'localhost',
      port: own === undefined || own === '' ? 5432 : readPort(own, (withPorts > 0 ? host : port)!),
      address: addresses[index] || null,
    };
  });
}

/** One way in which the source names its schemas, the first that holds MLflow's tables being meant. */
interface NamedSchemas {
  readonly from: string;
  readonly schemas: readonly string[];
}

function namedByKey(params: Parameters): NamedSchemas[] {
  return SCHEMA_KEYS.flatMap((key) => {
    const given = params.get(key);
    if (given === undefined) return [];
    // The others are paths, as the server and JDBC read them.
    const schemas = key === 'schema' ? [given.value] : schemasIn(given.value, { folds: false });
    return schemas.length === 0 || given.value === '' ? [] : [{ from: given.from, schemas }];
  });
}

function namedByOptions(params: Parameters): NamedSchemas | null {
  const given = params.get('options');
  const path = given === undefined ? null : searchPathIn(given.value);
  if (given === undefined || path === null) return null;
  return { from: given.from, schemas: schemasIn(path, { folds: true }) };
}

function differ({ from }: NamedSchemas, other: NamedSchemas): MigrationError {
  return new MigrationError(
    'config',
    from === other.from
      ? `${from} names the schema in several ways that differ`
      : `${from} names another schema than ${other.from}`,
    { hint: 'Keep one of schema, currentSchema, search_path, and the search_path of options (also PGOPTIONS)' },
  );
}

/**
 * The schema that is named, null where it is left to the search path. A path of several schemas becomes the server's, which
 * then is searched.
 */
function takeSchema(params: Parameters): string | null {
  const [first, ...others] = namedByKey(params);
  if (first === undefined) return null;
  const isSame = (schemas: readonly string[]): boolean => schemas.join('\n') === first.schemas.join('\n');
  const contradicting = others.find(({ schemas }) => !isSame(schemas));
  if (contradicting !== undefined) throw differ(first, contradicting);
  const inOptions = namedByOptions(params);
  const isOne = first.schemas.length === 1;
  // One schema is meant by a path that begins with it.
  const agrees = inOptions === null || isSame(isOne ? inOptions.schemas.slice(0, 1) : inOptions.schemas);
  if (inOptions !== null && !agrees) throw differ(first, inOptions);
  if (isOne) return first.schemas[0]!;
  const options = params.get('options');
  const value = [options?.value ?? '', searchPathOption(first.schemas)].filter((part) => part !== '').join(' ');
  if (inOptions === null) params.set('options', { value, from: options?.from ?? first.from });
  return null;
}

/**
 * Completes what a URI says from its service, then from the environment, in libpq's order of precedence, and registers the
 * passwords for redaction. Throws MigrationError('config') for whatever cannot be honoured, and where no database is named.
 */
export function completePostgres(
  written: ReadonlyMap<string, GivenParameter>,
  label: string,
  env: Environment,
): PostgresEndpoint {
  const params: Parameters = new Map(written);
  const environment = fromEnvironment(env);
  const service = params.get('service') ?? environment.get('service');
  if (service !== undefined) {
    const file = params.get('servicefile') ?? environment.get('servicefile');
    fillIn(params, readPostgresService(service.value, file?.value ?? null, env, service.from));
  }
  takeUnixSocket(params);
  takeSslWords(params);
  fillIn(params, environment);
  takeSslWords(params);
  const text = (key: string): string | null => params.get(key)?.value || null;
  const [user, password, database] = [text('user'), text('password'), text('dbname')];
  for (const key of SECRETS.slice(1)) if (text(key) !== null) registerSecret(text(key) ?? '');
  keepSecret(password, [user, database, ...listOf(params.get('host')).map((host) => splitHost(host).host)]);
  checkPostgresParameters(params, env);
  writtenSslMode(params);
  const hosts = readHosts(params);
  if (database === null) {
    throw new MigrationError('config', `${label} names no database`, {
      hint: `${POSTGRES_EXAMPLE}, or set PGDATABASE`,
    });
  }
  const schema = takeSchema(params);
  return {
    hosts,
    user,
    password,
    database,
    schema,
    params: new Map([...params].map(([key, { value }]) => [key, value])),
    parameters: params,
  };
}
