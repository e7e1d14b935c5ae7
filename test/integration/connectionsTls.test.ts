import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import { MigrationError } from '../../src/errors.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { hasOpenssl, makeTestAuthority, type TestAuthority } from '../bundle/testAuthority.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/ownPostgres.ts';
import { startPostgresRelay } from '../support/postgresRelay.ts';

const canary = inject('canary');
const hasTls = hasOpenssl();
if (!hasTls) process.stdout.write('Skipped: PostgreSQL over TLS, as there is no openssl to make a certificate with\n');

type Env = Readonly<Record<string, string>>;

/** How a source is connected to: `plain`, or the version of TLS; or the failure. */
async function wayTo(uri: string, env: Env = {}): Promise<string> {
  const resolver = createConnectionResolver({ HOME: '/nowhere', ...env, POSTGRES_URI: uri });
  const connection = await resolver.resolvePostgres({ kind: 'secret', secret: 'POSTGRES_URI', schema: null });
  const source = SourceDatabase.open(connection, 1);
  try {
    return await source.read(async (client) => {
      const { rows } = await client.query<{ version: string | null }>(
        'select version from pg_stat_ssl where pid = pg_backend_pid()',
      );
      return rows[0]?.version ?? 'plain';
    });
  } catch (error) {
    if (error instanceof MigrationError) return `${error.kind}: ${error.message}`;
    throw error;
  } finally {
    await source.close();
  }
}

/** A list of the certificates that an authority took back: none, or that of the server. */
async function makeRevocations(authority: TestAuthority, isRevoked: boolean): Promise<string> {
  const directory = dirname(authority.authorityFile);
  const path = (name: string): string => join(directory, `${isRevoked}-${name}`);
  const lines = [
    '[ca]',
    'default_ca=all',
    '[all]',
    `database=${path('index')}`,
    'default_md=sha256',
    'default_crl_days=1',
  ];
  await writeFile(path('ca.cnf'), lines.join('\n'));
  await writeFile(path('index'), '');
  const signing = ['-config', path('ca.cnf'), '-keyfile', join(directory, 'ca.key'), '-cert', authority.authorityFile];
  const openssl = (...args: string[]) => promisify(execFile)('openssl', ['ca', ...signing, ...args]);
  if (isRevoked) await openssl('-revoke', join(directory, 'leaf.pem'));
  await openssl('-gencrl', '-out', path('crl.pem'));
  return path('crl.pem');
}

describe.skipIf(!hasTls)('a server that speaks TLS', () => {
  let authority: TestAuthority;
  let server: OwnPostgres;
  const uri = (query: string, host = 'localhost'): string =>
    `postgresql://postgres:${canary}@${host}:${server.port}/postgres?hostaddr=127.0.0.1&${query}`;
  const trusted = (query: string): string => `${query}&sslrootcert=${authority.authorityFile}`;

  beforeAll(async () => {
    authority = await makeTestAuthority();
    server = await startOwnPostgres({
      password: canary,
      settings: {
        ssl: 'on',
        ssl_cert_file: 'server.crt',
        ssl_key_file: 'server.key',
        ssl_max_protocol_version: 'TLSv1.3',
      },
      files: { 'server.crt': authority.certificate, 'server.key': authority.key },
      access: [
        'hostssl all postgres 127.0.0.1/32 scram-sha-256',
        'hostnossl template1 postgres 127.0.0.1/32 scram-sha-256',
        '',
      ].join('\n'),
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await authority[Symbol.asyncDispose]();
  });

  test.each(['prefer', 'allow', 'require', 'no-verify'])(
    '%s ends up encrypted where the server wants it',
    async (mode) => {
      expect(await wayTo(uri(`sslmode=${mode}`))).toBe('TLSv1.3');
    },
  );

  test('disable is not let in', async () => {
    expect(await wayTo(uri('sslmode=disable'))).toContain('source-refused');
  });

  test('allow does without TLS where it may', async () => {
    expect(await wayTo(uri('sslmode=allow').replace('/postgres?', '/template1?'))).toBe('plain');
    expect(await wayTo(uri('sslmode=prefer').replace('/postgres?', '/template1?'))).toBe('TLSv1.3');
  });

  test('verify-full looks at authority and name, verify-ca at the authority', async () => {
    expect(await wayTo(uri(trusted('sslmode=verify-full')))).toBe('TLSv1.3');
    expect(await wayTo(uri(trusted('sslmode=verify-full'), 'other.example'))).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await wayTo(uri(trusted('sslmode=verify-ca'), 'other.example'))).toBe('TLSv1.3');
    expect(await wayTo(uri('sslmode=verify-full'))).toMatch(/^source-refused: The certificate .* was not accepted/);
  });

  test('PGSSLMODE in the environment is not ignored', async () => {
    const env = { PGSSLMODE: 'verify-full' };
    expect(await wayTo(uri(''), env)).toMatch(/^source-refused: The certificate .* was not accepted/);
    expect(await wayTo(uri(''), { ...env, PGSSLROOTCERT: authority.authorityFile })).toBe('TLSv1.3');
  });

  test('a certificate that was taken back is not accepted', async () => {
    const none = await makeRevocations(authority, false);
    const revoked = await makeRevocations(authority, true);
    expect(await wayTo(uri(trusted(`sslmode=verify-full&sslcrl=${none}`)))).toBe('TLSv1.3');
    expect(await wayTo(uri(trusted(`sslmode=verify-full&sslcrl=${revoked}`)))).toContain('CERT_REVOKED');
    expect(await wayTo(uri(trusted('sslmode=verify-ca')), { PGSSLCRL: revoked })).toContain('CERT_REVOKED');
  });

  test('versions of TLS are kept to', async () => {
    expect(await wayTo(uri('sslmode=require&ssl_max_protocol_version=TLSv1.2'))).toBe('TLSv1.2');
    expect(await wayTo(uri('sslmode=require'), { PGSSLMAXPROTOCOLVERSION: 'TLSv1.2' })).toBe('TLSv1.2');
  });

  test('a server that has none of the versions is told as that', async () => {
    await using old = await startOwnPostgres({
      password: canary,
      settings: {
        ssl: 'on',
        ssl_cert_file: 'server.crt',
        ssl_key_file: 'server.key',
        ssl_max_protocol_version: 'TLSv1.2',
      },
      files: { 'server.crt': authority.certificate, 'server.key': authority.key },
    });
    const uri = `postgresql://postgres:${canary}@127.0.0.1:${old.port}/postgres?ssl_min_protocol_version=TLSv1.3`;
    expect(await wayTo(`${uri}&sslmode=require`)).toMatch(
      /^source-refused: .* cannot agree on TLS \((?:EPROTO|ERR_SSL_)/,
    );
    expect(await wayTo(`${uri}&sslmode=prefer`)).toBe('plain');
  });

  test('TLS may begin without a question', async () => {
    expect(await wayTo(uri('sslmode=require&sslnegotiation=direct'))).toBe('TLSv1.3');
  });
});

test('a server without TLS is read by prefer, and not by require, and no other host is tried', async () => {
  const upstream = Number(new URL(inject('postgresUri')).port);
  await using relay = await startPostgresRelay(upstream);
  const plain = (query: string): string =>
    `postgresql://postgres:${canary}@127.0.0.1:${upstream},127.0.0.1:${relay.port}/postgres?${query}`;
  relay.refuse('57P03');
  expect(await wayTo(plain('sslmode=prefer'))).toBe('plain');
  expect(await wayTo(plain('sslmode=require'))).toContain('does not speak TLS');
  expect(relay.refused).toBe(0);
});
