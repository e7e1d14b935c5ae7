import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import { MigrationError } from '../../src/errors.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { SourcePool } from '../../src/source/sourcePool.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/ownPostgres.ts';
import { type PostgresRelay, startPostgresRelay } from '../support/postgresRelay.ts';

const HOME = { HOME: '/nowhere' };

const resolve = (uri: string, env: Readonly<Record<string, string>> = {}) =>
  createConnectionResolver({ ...HOME, ...env, POSTGRES_URI: uri }).resolvePostgres({
    kind: 'secret',
    secret: 'POSTGRES_URI',
    schema: null,
  });

const open = async (uri: string, connections = 2): Promise<SourceDatabase> =>
  SourceDatabase.open(await resolve(uri), connections);

/** The port that a read of the source reached, as the server knows it. */
const portOf = (source: SourceDatabase): Promise<number> =>
  source.read(async (client) => {
    const { rows } = await client.query<{ port: number }>(`select current_setting('port')::int as port`);
    return rows[0]?.port ?? 0;
  });

const failureOf = async (work: Promise<unknown>): Promise<MigrationError> => {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof MigrationError) return error;
  throw error;
};

const canary = inject('canary');
const uriFor = (ports: readonly number[], query = '', password = canary): string =>
  `postgresql://postgres:${password}@${ports.map((port) => `127.0.0.1:${port}`).join(',')}/postgres${query}`;

describe('several hosts', () => {
  const upstream = Number(new URL(inject('postgresUri')).port);
  let first: PostgresRelay;
  let second: PostgresRelay;

  beforeAll(async () => {
    first = await startPostgresRelay(upstream);
    second = await startPostgresRelay(upstream);
  });
  afterAll(async () => {
    await second[Symbol.asyncDispose]();
  });

  test('a host that is stopped in mid-work is passed over by the connections that follow', async () => {
    const pool = new SourcePool(await resolve(uriFor([first.port, second.port])), 2);
    const before = await pool.connect();
    expect(pool.hostOf(before)).toBe(`127.0.0.1:${first.port}`);
    before.on('error', () => undefined);
    await first[Symbol.asyncDispose]();
    await expect(before.query('select 1')).rejects.toThrow();
    pool.release(before, false);
    const after = await pool.connect();
    expect(pool.hostOf(after)).toBe(`127.0.0.1:${second.port}`);
    expect((await after.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    pool.release(after, true);
    await pool.close();
  });

  test('a server that starts is passed over, one that refuses the login ends the search', async () => {
    const [relay, other] = [await startPostgresRelay(upstream), await startPostgresRelay(upstream)];
    await using _relay = relay;
    await using _other = other;
    relay.refuse('57P03');
    const source = await open(uriFor([relay.port, other.port]));
    expect(await portOf(source)).toBe(upstream);
    expect(relay.refused).toBe(1);
    await source.close();
    other.refuse('57P03');
    relay.refuse(null);
    const wrong = await open(uriFor([relay.port, other.port], '', 'not-the-one'));
    expect(await failureOf(portOf(wrong))).toMatchObject({
      kind: 'source-refused',
      message: expect.stringContaining('28P01'),
    });
    expect(other.refused).toBe(0);
    await wrong.close();
  });

  test('where no host answers, all are named', async () => {
    const source = await open(uriFor([1, 2], '?connect_timeout=5'));
    const failure = await failureOf(portOf(source));
    expect(failure.kind).toBe('source-unreachable');
    expect(failure.message).toContain('127.0.0.1:1,127.0.0.1:2/postgres');
    await source.close();
  });

  test('connections stay with the host that the pool is connected to', async () => {
    const [relay, other] = [await startPostgresRelay(upstream), await startPostgresRelay(upstream)];
    await using _relay = relay;
    await using _other = other;
    relay.refuse('57P03');
    const pool = new SourcePool(await resolve(uriFor([relay.port, other.port])), 3);
    const held = await pool.connect();
    relay.refuse(null);
    const next = await pool.connect();
    expect([held, next].map((client) => pool.hostOf(client))).toEqual(
      [other.port, other.port].map((port) => `127.0.0.1:${port}`),
    );
    for (const client of [held, next]) pool.release(client, false);
    await pool.close();
  });

  test('random draws the order of the hosts', async () => {
    const [relay, other] = [await startPostgresRelay(upstream), await startPostgresRelay(upstream)];
    await using _relay = relay;
    await using _other = other;
    const connection = await resolve(uriFor([relay.port, other.port], '?load_balance_hosts=random'));
    const seen = new Set<string | null>();
    for (let attempt = 0; attempt < 60 && seen.size < 2; attempt += 1) {
      const pool = new SourcePool(connection, 1);
      const client = await pool.connect();
      seen.add(pool.hostOf(client));
      pool.release(client, true);
      await pool.close();
    }
    expect(seen.size).toBe(2);
  });
});

describe('a primary and a standby', () => {
  let primary: OwnPostgres;
  let standby: OwnPostgres;

  beforeAll(async () => {
    primary = await startOwnPostgres({ password: canary });
    standby = await primary.asStandby();
    await primary.start();
  });
  afterAll(async () => {
    await standby[Symbol.asyncDispose]();
    await primary[Symbol.asyncDispose]();
  });

  test.each([
    ['', 'standby'],
    ['?target_session_attrs=any', 'standby'],
    ['?target_session_attrs=read-write', 'primary'],
    ['?target_session_attrs=primary', 'primary'],
    ['?target_session_attrs=read-only', 'standby'],
    ['?target_session_attrs=standby', 'standby'],
    ['?target_session_attrs=prefer-standby', 'standby'],
  ])('%s with the standby first reads from the %s', async (query, expected) => {
    const source = await open(uriFor([standby.port, primary.port], query));
    expect(await portOf(source)).toBe(expected === 'primary' ? primary.port : standby.port);
    await source.close();
  });

  test('prefer-standby takes the primary where there is not a standby', async () => {
    const source = await open(uriFor([1, primary.port], '?target_session_attrs=prefer-standby'));
    expect(await portOf(source)).toBe(primary.port);
    expect(await portOf(source)).toBe(primary.port);
    await source.close();
  });

  test('PGTARGETSESSIONATTRS counts as well', async () => {
    const env = { PGTARGETSESSIONATTRS: 'read-write' };
    const source = SourceDatabase.open(await resolve(uriFor([standby.port, primary.port]), env), 1);
    expect(await portOf(source)).toBe(primary.port);
    await source.close();
  });

  test('where no host fits, it says which is what', async () => {
    const source = await open(uriFor([standby.port, 1], '?target_session_attrs=read-write'));
    const failure = await failureOf(portOf(source));
    expect(failure.kind).toBe('source-unreachable');
    expect(failure.message).toContain(
      `what target_session_attrs=read-write asks for: 127.0.0.1:${standby.port} is a standby; the others did not answer`,
    );
    await source.close();
  });

  test('connections that are not wanted are closed', async () => {
    const source = await open(uriFor([standby.port, primary.port], '?target_session_attrs=primary'));
    await Promise.all([portOf(source), portOf(source)]);
    const client = new pg.Client({ connectionString: uriFor([standby.port]) });
    await client.connect();
    const sql = `select count(*)::int as count from pg_stat_activity where application_name = 'mlflow-migrate'`;
    // The server hears of it a moment later.
    await expect.poll(async () => (await client.query<{ count: number }>(sql)).rows).toEqual([{ count: 0 }]);
    await client.end();
    await source.close();
  });
});
