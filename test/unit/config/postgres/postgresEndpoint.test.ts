import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { displayOf } from '../../../../src/config/displayConnection.ts';
import { parsePostgresUri } from '../../../../src/config/postgres/parsePostgresUri.ts';
import { POSTGRES_PARAMETERS } from '../../../../src/config/postgres/postgresParameters.ts';
import { redact } from '../../../../src/config/redact.ts';
import { MigrationError } from '../../../../src/errors.ts';

type Env = Readonly<Record<string, string>>;

const parse = (uri: string, env: Env = {}) => parsePostgresUri(uri, 'Setting POSTGRES_URI', env);
const show = (uri: string, env: Env = {}): string => displayOf(parse(uri, env));

const failureOf = (uri: string, env: Env = {}): MigrationError => {
  try {
    parse(uri, env);
  } catch (error) {
    if (error instanceof MigrationError && error.kind === 'config') return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const directory = mkdtempSync(join(tmpdir(), 'pgservice-'));
afterAll(() => rmSync(directory, { recursive: true }));

const serviceFile = (text: string): string => {
  const path = join(directory, `${Math.random()}.conf`);
  writeFileSync(path, text);
  return path;
};

describe('hosts', () => {
  test.each([
    // SQLAlchemy's forms: https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#specifying-multiple-fallback-hosts
    ['postgresql+psycopg2://u:p@/db?host=h1:5432&host=h2:5433', 'h1:5432,h2:5433/db'],
    ['postgresql+psycopg2://u:p@/db?host=h1&host=h2&port=1&port=2', 'h1:1,h2:2/db'],
    ['postgresql+psycopg2://u:p@/db?host=h1,h2&port=1,2', 'h1:1,h2:2/db'],
    ['postgresql+psycopg2://u:p@/db?host=h:5432', 'h:5432/db'],
    ['postgresql+psycopg2://u:p@/db?host=h1,h2:9', 'h1:5432,h2:9/db'],
    ['postgresql+pg8000://u@/db?unix_sock=/var/run/postgresql/.s.PGSQL.5433', '/var/run/postgresql:5433/db'],
    // libpq's.
    ['postgresql:///db?host=/var/run/postgresql', '/var/run/postgresql:5432/db'],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/db', '/var/run/postgresql:5432/db'],
    ['postgresql://a:1,b/db', 'a:1,b:5432/db'],
    ['postgresql://a,b/db?port=7', 'a:7,b:7/db'],
    ['postgresql://a/db?host=b', 'b:5432/db'],
    ['postgresql:///db?host=::1&port=6', '[::1]:6/db'],
    ['postgresql:///db?host=[::1]:6', '[::1]:6/db'],
    ['postgresql:///db?hostaddr=10.0.0.1', '10.0.0.1:5432/db'],
    ['postgresql:///db', 'localhost:5432/db'],
    ['postgresql://h/a?dbname=b', 'h:5432/b'],
  ])('%s is %s', (uri, shown) => {
    expect(show(uri)).toBe(shown);
  });

  test.each([
    ['postgresql://a,b,c/db?port=1,2', 'has 2 ports for 3 hosts'],
    ['postgresql://a,b/db?hostaddr=10.0.0.1', 'has 2 hosts for 1 of hostaddr'],
    ['postgresql://a/db?host=b:1&port=2', 'has ports both behind the hosts and as port'],
    ['postgresql://a/db?unix_sock=/run/.s.PGSQL.5432', 'names both a host and a unix_sock'],
    ['postgresql:///db?unix_sock=/run/socket', 'has a unix_sock that does not end in /.s.PGSQL.5432'],
    ['postgresql:///db?host=@abstract', 'names an abstract Unix socket'],
    ['postgresql://h/db?port=70000', 'has a port outside 1 to 65535'],
    ['postgresql://h/db?sslmode=disable&sslmode=verify-full', 'has the parameter sslmode twice'],
    ['postgresql://h/db?sslmode', 'has a parameter that is not key=value'],
    ['postgresql://h/db?schema=a&search_path=b', 'names the schema in several ways that differ'],
    ['postgresql://h/db?schema=public&options=-csearch_path%3Dnope', 'names the schema in several ways that differ'],
    ['postgresql://h/db?search_path=a,b&options=-csearch_path%3Da', 'names the schema in several ways that differ'],
    ['postgresql://h/db?currentSchema=a,b&search_path=b,a', 'names the schema in several ways that differ'],
    ['postgresql://h/db?ssl=false&sslmode=verify-full', 'says one thing with ssl and another with sslmode'],
  ])('%s is refused', (uri, message) => {
    expect(failureOf(uri).message).toContain(`Setting POSTGRES_URI ${message}`);
  });
});

describe('schemas', () => {
  test.each([
    ['search_path=nope,public', null, '-csearch_path=nope,public'],
    ['currentSchema=Team,%22a%20b%22,public', null, '-csearch_path="Team","a\\ b",public'],
    ['search_path=a,b&options=-cjit%3Doff', null, '-cjit=off -csearch_path=a,b'],
    ['search_path=a,b&options=-c%20search_path%3DA,b', null, '-c search_path=A,b'],
    ['search_path=%22Team%20A%22', 'Team A', undefined],
    ['schema=a,b', 'a,b', undefined],
    ['schema=a&options=-csearch_path%3Da,public', 'a', '-csearch_path=a,public'],
  ])('%s is schema %j and options %j', (query, schema, options) => {
    const { params, ...parsed } = parse(`postgresql://h/db?${query}`);
    expect(parsed.schema).toBe(schema);
    expect(params.get('options')).toBe(options);
  });

  test('what the environment says otherwise is not passed over', () => {
    expect(failureOf('postgresql://h/db?schema=a', { PGOPTIONS: '-csearch_path=b' }).message).toBe(
      'Setting POSTGRES_URI names another schema than Environment variable PGOPTIONS',
    );
  });
});

describe('the table of parameters', () => {
  test.each(
    POSTGRES_PARAMETERS.filter(({ treatment }) => treatment === 'refused').map((one) => [one.key, one] as const),
  )('%s is refused by name, from URI, service and environment', (key, { variable, note, harmless }) => {
    const value = key === 'min_protocol_version' ? '3.2' : 'require';
    const fromUri = failureOf(`postgresql://h/db?${key}=${value}`);
    expect(fromUri.message).toBe(`Setting POSTGRES_URI asks for ${key}, which this program cannot honour`);
    expect(fromUri.hint).toBe(`For ${key}: ${note}`);
    const file = serviceFile(`[lab]\nhost=h\n${key}=${value}\n`);
    expect(failureOf('postgresql:///db?service=lab', { PGSERVICEFILE: file }).message).toBe(
      `Service lab in ${file} asks for ${key}, which this program cannot honour`,
    );
    if (variable !== null) {
      expect(failureOf('postgresql://h/db', { [variable]: value }).message).toBe(
        `Environment variable ${variable} asks for ${key}, which this program cannot honour`,
      );
    }
    for (const fine of harmless) expect(parse(`postgresql://h/db?${key}=${fine}`).database).toBe('db');
  });

  test.each(POSTGRES_PARAMETERS.filter(({ treatment }) => treatment === 'no effect'))(
    '$key $variable is accepted and changes nothing',
    ({ key, variable }) => {
      const { params: _params, parameters: _parameters, ...plain } = parse('postgresql://h/db');
      if (key !== null) expect(parse(`postgresql://h/db?${key}=5`)).toMatchObject(plain);
      if (variable !== null) expect(parse('postgresql://h/db', { [variable]: '5' })).toMatchObject(plain);
    },
  );

  /** For every honoured parameter a value that can be told, and how it shows. */
  const HONOURED: Readonly<Record<string, readonly [value: string, shown: object]>> = {
    host: ['other', { hosts: [{ host: 'other', port: 5432, address: null }] }],
    hostaddr: ['10.0.0.1', { hosts: [{ host: '10.0.0.1', port: 5432, address: '10.0.0.1' }] }],
    port: ['6', { hosts: [{ host: 'localhost', port: 6, address: null }] }],
    dbname: ['other', { database: 'other' }],
    user: ['other', { user: 'other' }],
    password: ['pass-word', { password: 'pass-word' }],
    schema: ['ml', { schema: 'ml' }],
    currentschema: ['ml', { schema: 'ml' }],
    search_path: ['ml', { schema: 'ml' }],
  };
  /** These show only in what the drivers get: resolveConnection.test.ts and the tests of this file on services. */
  const ELSEWHERE =
    /^(?:passfile|connect_timeout|options|.*application_name|keepalives.*|ssl.*|requiressl|service.*|target_session_attrs|load_balance_hosts|unix_sock)$/;

  test.each(POSTGRES_PARAMETERS.filter(({ key, treatment }) => treatment === 'honoured' && key !== null))(
    '$key $variable is honoured',
    ({ key, variable }) => {
      const [value, shown] = HONOURED[key ?? ''] ?? ['', {}];
      if (value === '') return expect(key).toMatch(ELSEWHERE);
      const base = key === 'dbname' ? 'postgresql://' : 'postgresql:///db';
      expect(parse(`${base}?${key}=${value}`)).toMatchObject(shown);
      if (variable !== null) expect(parse(base, { [variable]: value })).toMatchObject(shown);
    },
  );

  test('has every key once', () => {
    const keys = POSTGRES_PARAMETERS.flatMap(({ key, variable }) => [key, variable].filter((name) => name !== null));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('what is not known', () => {
  test.each([
    ['postgresql://h/db?sslmodee=verify-full', 'has the unknown parameter sslmodee; did you mean sslmode?'],
    ['postgresql://h/db?ssl_mode=verify-full', 'has the unknown parameter ssl_mode; did you mean sslmode?'],
    ['postgresql://h/db?nothing_like_it=1', 'has the unknown parameter nothing_like_it'],
  ])('%s is refused', (uri, message) => {
    expect(failureOf(uri).message).toBe(`Setting POSTGRES_URI ${message}`);
  });

  test('variables that are written almost like one of libpq are refused, those of other programs are not', () => {
    expect(failureOf('postgresql://h/db', { PGSSLMOD: 'verify-full', PGPASSWORDS: 'x' }).message).toBe(
      'Unknown environment variable PGSSLMOD; did you mean PGSSLMODE?; Unknown environment variable PGPASSWORDS; did you mean PGPASSWORD?',
    );
    const others = { PGDATA: '/data', PGHOME: '/usr/lib', PGADMIN_DEFAULT_EMAIL: 'x', PGBOUNCER_PORT: '1' };
    expect(show('postgresql://h/db', others)).toBe('h:5432/db');
  });

  test('all faults are told at once, and no value', () => {
    const failure = failureOf('postgresql://h/db?sslmodee=hunter22&require_auth=hunter23');
    expect(failure.message).toContain('sslmodee');
    expect(failure.message).toContain('require_auth');
    expect(`${failure.message} ${failure.hint}`).not.toContain('hunter2');
  });
});

describe('service file and environment', () => {
  const file = serviceFile(
    [
      '# servers',
      '[other]',
      'host=wrong',
      '[lab]',
      'host=lab.example',
      'port=6000',
      'dbname=ml',
      'user=reader',
      'password=canary-service',
      'sslmode=verify-full',
      'user=second',
      '',
      '[next]',
      'host=x',
    ].join('\n'),
  );

  test('a service says what the URI leaves open, and the environment what both do', () => {
    const env = { PGSERVICEFILE: file, PGUSER: 'nobody', PGAPPNAME: 'mine' };
    const lab = parse('postgresql://?service=lab', env);
    expect(lab).toMatchObject({ database: 'ml', user: 'reader', password: 'canary-service' });
    expect(displayOf(lab)).toBe('lab.example:6000/ml');
    expect(lab.params.get('sslmode')).toBe('verify-full');
    expect(lab.params.get('application_name')).toBe('mine');
    expect(redact('canary-service')).toBe('***');
    expect(show('postgresql://own:1/db', { ...env, PGSERVICE: 'lab' })).toBe('own:1/db');
    expect(parse('postgresql://own/db', { ...env, PGSERVICE: 'lab' }).params.get('sslmode')).toBe('verify-full');
    expect(show(`postgresql://?service=lab&servicefile=${file}`)).toBe('lab.example:6000/ml');
  });

  test('a service that is nowhere is refused, with where it was looked for', () => {
    expect(failureOf('postgresql:///db?service=labb', { PGSERVICEFILE: file, PGSYSCONFDIR: '/no/etc' }).message).toBe(
      `Setting POSTGRES_URI names the service labb, which is not in ${file} or /no/etc/pg_service.conf`,
    );
    expect(failureOf('postgresql://h/db', { PGSERVICE: 'x', HOME: '/no' }).message).toBe(
      'Environment variable PGSERVICE names the service x, which is not in /no/.pg_service.conf',
    );
  });

  test.each([
    ['hostt=h', / in .* has the unknown parameter hostt; did you mean host\?/],
    ['host', /^Line 2 of the service file .* is not key=value$/],
    ['service=other', /^Line 2 of the service file .* names a service within a service$/],
    ['ldap://dir/x', /^Line 2 of the service file .* asks for LDAP/],
  ])('a service with %s is refused', (line, message) => {
    const broken = serviceFile(`[lab]\n${line}\n`);
    expect(failureOf('postgresql://h/db?service=lab', { PGSERVICEFILE: broken }).message).toMatch(message);
  });

  test('the environment alone may say where the database is', () => {
    const env = { PGHOST: 'h1,h2', PGPORT: '1,2', PGDATABASE: 'ml', PGUSER: 'u', PGPASSWORD: 'canary-env' };
    expect(show('postgresql://', env)).toBe('h1:1,h2:2/ml');
    expect(parse('postgresql://', env)).toMatchObject({ user: 'u', password: 'canary-env' });
    expect(failureOf('postgresql://h').hint).toContain('PGDATABASE');
  });
});
