import { didYouMean, editDistance } from '../../didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import { shownKey } from '../shownKey.ts';

/** What becomes of one parameter of a PostgreSQL connection. */
export interface PostgresParameter {
  /** Key in a URI's query or a service file; null for what only a variable of the environment can say. */
  readonly key: string | null;
  /** libpq's environment variable for the same, null where there is none. */
  readonly variable: string | null;
  /** `no effect`: whatever it says, this program reads the same from the same server. */
  readonly treatment: 'honoured' | 'no effect' | 'refused';
  /** How it is honoured, why it has no effect, or what to do instead. */
  readonly note: string;
  /** Values of a refused parameter that ask for nothing but what this program does anyway. */
  readonly harmless: readonly string[];
}

function honoured(key: string | null, variable: string | null, note: string): PostgresParameter {
  return {
    key,
    variable,
    treatment: 'honoured',
    note,
    harmless: [],
  };
}

function withoutEffect(key: string | null, variable: string | null, note: string): PostgresParameter {
  return {
    key,
    variable,
    treatment: 'no effect',
    note,
    harmless: [],
  };
}

function refused(
  key: string,
  variable: string | null,
  note: string,
  harmless: readonly string[] = [],
): PostgresParameter {
  return { key, variable, treatment: 'refused', note, harmless };
}

const NO_GSS = 'this program logs in without GSSAPI';
const NO_OAUTH = 'this program does not log in with OAuth; for Azure use source.server';
const CLIENT_ONLY = 'it tunes another client library';
const SESSION_ONLY = 'this program sets it for its own sessions';

/**
 * Every parameter that a PostgreSQL source may come with: libpq's own, first
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS and libpq-envars.html), then those of
 * the clients that MLflow's URIs are written for. docs/reference/connections.md is compared with this list.
 */
export const POSTGRES_PARAMETERS: readonly PostgresParameter[] = [
  honoured(
    'host',
    'PGHOST',
    'names, addresses, directories of Unix sockets; several with commas or by repeating the key, each also as host:port',
  ),
  honoured(
    'hostaddr',
    'PGHOSTADDR',
    'the address to connect to; host stays the name that certificate and password file are looked up by',
  ),
  honoured('port', 'PGPORT', 'one for all hosts, or one for each'),
  honoured('dbname', 'PGDATABASE', 'wins over the path of the URI; there must be one'),
  honoured('user', 'PGUSER', 'by default the user of this process'),
  honoured('password', 'PGPASSWORD', 'the password file is looked into where there is none'),
  honoured('passfile', 'PGPASSFILE', 'by default ~/.pgpass; one that others may read is refused'),
  refused('require_auth', 'PGREQUIREAUTH', 'demand the method at the server, in pg_hba.conf'),
  refused('channel_binding', 'PGCHANNELBINDING', 'use sslmode=verify-full, which tells a wrong server as well', [
    'disable',
    'prefer',
  ]),
  honoured('connect_timeout', 'PGCONNECT_TIMEOUT', 'seconds for each host, 10 by default; 0 waits for ever'),
  withoutEffect('client_encoding', 'PGCLIENTENCODING', 'everything is read as UTF-8, whatever a client asks for'),
  honoured('options', 'PGOPTIONS', 'handed to the server at the start of each session'),
  honoured('application_name', 'PGAPPNAME', 'by default mlflow-migrate'),
  honoured('fallback_application_name', null, 'where there is no application_name'),
  honoured('keepalives', null, 'on by default; 0 switches it off'),
  honoured('keepalives_idle', null, 'seconds'),
  withoutEffect('keepalives_interval', null, 'the system chooses how often to probe a silent connection'),
  withoutEffect('keepalives_count', null, 'the system chooses when a silent connection is lost'),
  withoutEffect('tcp_user_timeout', null, 'the system chooses when a silent connection is lost'),
  refused('replication', null, 'remove it: a replication session answers no queries', ['false', 'off', 'no', '0']),
  refused('gssencmode', 'PGGSSENCMODE', 'use TLS: sslmode=verify-full', ['disable', 'prefer']),
  honoured(
    'sslmode',
    'PGSSLMODE',
    'as in libpq, also no-verify (as require). By default disable on the loopback, where no other parameter asks for TLS, verify-full for Azure, prefer elsewhere',
  ),
  honoured('requiressl', 'PGREQUIRESSL', '1 means sslmode=require where there is no sslmode'),
  honoured('sslnegotiation', 'PGSSLNEGOTIATION', 'postgres or direct'),
  withoutEffect('sslcompression', 'PGSSLCOMPRESSION', 'no release of TLS in use compresses'),
  honoured('sslcert', 'PGSSLCERT', 'by default ~/.postgresql/postgresql.crt, where it is'),
  honoured('sslkey', 'PGSSLKEY', 'a file; by default ~/.postgresql/postgresql.key'),
  honoured('sslpassword', null, 'opens sslkey'),
  refused('sslcertmode', 'PGSSLCERTMODE', 'demand the certificate at the server: clientcert in pg_hba.conf', [
    'allow',
    'disable',
  ]),
  honoured(
    'sslrootcert',
    'PGSSLROOTCERT',
    'a file, or system; by default ~/.postgresql/root.crt where it is, else the authorities that Node.js trusts',
  ),
  honoured(
    'sslcrl',
    'PGSSLCRL',
    'needs a mode that checks the certificate; by default ~/.postgresql/root.crl, where it is',
  ),
  honoured('sslcrldir', 'PGSSLCRLDIR', 'every file of the directory'),
  refused('sslsni', 'PGSSLSNI', 'name the address as hostaddr, and no host: an address is never sent as a name', ['1']),
  refused('sslkeylogfile', null, 'remove it: it would write down the keys of the connection'),
  refused('requirepeer', 'PGREQUIREPEER', 'connect over TCP with sslmode=verify-full'),
  honoured('ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION', 'TLSv1 to TLSv1.3'),
  honoured('ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION', 'TLSv1 to TLSv1.3'),
  refused('min_protocol_version', 'PGMINPROTOCOLVERSION', 'remove it: this program speaks protocol 3.0', ['3.0']),
  withoutEffect(
    'max_protocol_version',
    'PGMAXPROTOCOLVERSION',
    'this program speaks protocol 3.0, the lowest there is',
  ),
  withoutEffect('krbsrvname', 'PGKRBSRVNAME', NO_GSS),
  withoutEffect('gsslib', 'PGGSSLIB', NO_GSS),
  withoutEffect('gssdelegation', 'PGGSSDELEGATION', NO_GSS),
  refused('scram_client_key', null, 'give the password'),
  refused('scram_server_key', null, 'give the password'),
  honoured('service', 'PGSERVICE', 'a section of the service file; what the URI says wins over it'),
  honoured('servicefile', 'PGSERVICEFILE', 'by default ~/.pg_service.conf, then pg_service.conf in PGSYSCONFDIR'),
  honoured(
    'target_session_attrs',
    'PGTARGETSESSIONATTRS',
    'each new connection is asked, and hosts that do not fit are passed over',
  ),
  honoured('load_balance_hosts', 'PGLOADBALANCEHOSTS', 'random: the order of the hosts is drawn'),
  refused('oauth_issuer', null, NO_OAUTH),
  refused('oauth_client_id', null, NO_OAUTH),
  refused('oauth_client_secret', null, NO_OAUTH),
  refused('oauth_scope', null, NO_OAUTH),
  honoured(null, 'PGSYSCONFDIR', 'directory of the service file of the machine'),
  withoutEffect(null, 'PGDATESTYLE', SESSION_ONLY),
  withoutEffect(null, 'PGTZ', SESSION_ONLY),
  withoutEffect(null, 'PGGEQO', 'no query of this program joins as many tables'),
  withoutEffect(null, 'PGLOCALEDIR', 'messages of libpq, which is not used'),
  honoured(
    'schema',
    null,
    "schema that holds MLflow's tables, also as currentSchema or search_path; source.schema wins",
  ),
  honoured('currentschema', null, 'as search_path'),
  honoured(
    'search_path',
    null,
    "as schema; of several with commas the first that holds MLflow's tables. One that differs from the search_path of options is refused",
  ),
  honoured('ssl', null, 'true means sslmode=require, false disable; a mode means that mode'),
  honoured('unix_sock', null, 'path of a Unix socket, as pg8000 takes it'),
  withoutEffect('uselibpqcompat', null, 'sslmode has the meaning of libpq in any case'),
  withoutEffect('tcp_keepalive', null, 'keepalives are on'),
  withoutEffect('prepared_statement_cache_size', null, CLIENT_ONLY),
  withoutEffect('statement_cache_size', null, CLIENT_ONLY),
  withoutEffect('async_fallback', null, CLIENT_ONLY),
  withoutEffect('prepare_threshold', null, CLIENT_ONLY),
  refused('timeout', null, 'write connect_timeout'),
  refused('targetservertype', null, 'write target_session_attrs'),
  refused('sslcontext', null, 'write sslmode and sslrootcert'),
  refused('ssl_context', null, 'write sslmode and sslrootcert'),
];

/** Variables with PG in front that belong to PostgreSQL's other programs. */
const OTHER_PROGRAMS: ReadonlySet<string> = new Set(['PGDATA', 'PGCTLTIMEOUT', 'PGCOLOR', 'PGCOLORS']);

const BY_KEY = new Map(POSTGRES_PARAMETERS.flatMap((one) => (one.key === null ? [] : [[one.key, one] as const])));

/** Environment variables of libpq. */
export const POSTGRES_VARIABLES: readonly string[] = POSTGRES_PARAMETERS.flatMap(({ variable }) =>
  variable === null ? [] : [variable],
);

/** One parameter as it was found. */
export interface GivenParameter {
  readonly value: string;
  /** What gave it: `Setting POSTGRES_URI`, `Environment variable PGSSLMODE`, `Service lab in /etc/pg_service.conf`. */
  readonly from: string;
}

/** Names of variables that are written almost like one of libpq's. */
function misspeltVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter((name) => /^PG[A-Z_]{4,}$/.test(name) && (env[name] ?? '').trim() !== '')
    .filter((name) => !POSTGRES_VARIABLES.includes(name) && !OTHER_PROGRAMS.has(name))
    .flatMap((name) => {
      const meant = POSTGRES_VARIABLES.find((known) => known.length > 6 && editDistance(name, known) === 1);
      return meant === undefined ? [] : [`Unknown environment variable ${name}; did you mean ${meant}?`];
    });
}

/**
 * Refuses what cannot be honoured: unknown keys, and known ones that ask for what this program cannot do. Throws
 * MigrationError('config') that lists all of them, with what to do.
 */
export function checkPostgresParameters(
  given: ReadonlyMap<string, GivenParameter>,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const faults: string[] = misspeltVariables(env);
  const hints: string[] = faults.length === 0 ? [] : ['Correct the name, or unset it'];
  for (const [key, { value, from }] of given) {
    const known = BY_KEY.get(key);
    if (known === undefined) {
      const meant = didYouMean(key, BY_KEY.keys());
      const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
      faults.push(`${from} has the unknown parameter ${shownKey(key)}${suggestion}`);
      hints.push('Correct or remove it: it would be ignored');
    } else if (known.treatment === 'refused' && !known.harmless.includes(value.toLowerCase())) {
      faults.push(`${from} asks for ${key}, which this program cannot honour`);
      hints.push(`For ${key}: ${known.note}`);
    }
  }
  if (faults.length > 0)
    throw new MigrationError('config', faults.join('; '), { hint: [...new Set(hints)].join('; ') });
}
