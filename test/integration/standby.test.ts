import { randomBytes } from 'node:crypto';
import { createDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import { readClock } from '../../src/source/readClock.ts';
import { readIdentity } from '../../src/source/readIdentity.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { fixtureFile } from '../support/fixtures.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/ownPostgres.ts';
import { compare, digests, type Pair, runSql, TestApp } from '../support/runMigration.ts';

// A standby is the same source, as far as it has replayed: the report says so, and speaks of no later instant.

const PASSWORD = `canary-of-standbys-${randomBytes(6).toString('hex')}`;
const DATABASE = `standby_${randomBytes(4).toString('hex')}`;

let primary: OwnPostgres;
let standby: OwnPostgres;
let app: TestApp;
let pair: Pair;
let copiedAt: number;

const uri = (ports: readonly number[], query = '') =>
  `postgresql://postgres:${PASSWORD}@${ports.map((port) => `127.0.0.1:${port}`).join(',')}/mlflow${query}`;

beforeAll(async () => {
  primary = await startOwnPostgres({
    password: PASSWORD,
    settings: { max_prepared_transactions: '2' },
  });
  await createDatabase(uri([primary.port]).replace(/mlflow$/, 'postgres'), 'mlflow');
  await restoreDump(uri([primary.port]), fixtureFile('1.30.1'));
  copiedAt = Date.now();
  standby = await primary.asStandby();
  await primary.start();
  // The standby follows nobody: from here on it lags.
  await runSql(uri([primary.port]), "update params set value = 'later'");
  app = await TestApp.start({
    STANDBY_ONLY: uri([standby.port]),
    STANDBY_FIRST: uri([standby.port, primary.port], '?target_session_attrs=read-write'),
    STANDBY_TARGET: withDatabase(inject('mongodbUri'), DATABASE),
    PRIMARY_TARGET: withDatabase(inject('mongodbUri'), `${DATABASE}_primary`),
  });
  pair = {
    source: 'STANDBY_FIRST',
    target: 'PRIMARY_TARGET',
    postgresUri: uri([primary.port]),
    mongodbUri: withDatabase(inject('mongodbUri'), `${DATABASE}_primary`),
    database: `${DATABASE}_primary`,
  };
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await standby[Symbol.asyncDispose]();
  await primary[Symbol.asyncDispose]();
});

test('a standby is read up to what it has replayed, and the report says that', async () => {
  const { code, report, id } = await app.migrate({ source: 'STANDBY_ONLY', target: 'STANDBY_TARGET' });
  expect(code).toBe(0);
  expect(report.instant?.from).toBe('standby');
  // Nothing that was committed after the copy was made is spoken of.
  const upTo = report.consistentAt === null ? 0 : Date.parse(report.consistentAt);
  expect(upTo).toBeLessThanOrEqual(copiedAt);
  const text = await (await app.request('GET', `/api/migrations/${id}/report?format=text`)).text();
  expect(text).toMatch(/standby/);
});

test('a standby that lags takes nothing back of what came from the primary', async () => {
  const back = { source: 'STANDBY_ONLY', target: 'PRIMARY_TARGET' };
  expect((await app.migrate(pair)).code).toBe(0);
  const before = await digests(pair);
  for (const body of [{}, { catchUp: true }, { allowExisting: true }]) {
    const { code, report } = await app.migrate(back, body);
    expect(report.problems).toEqual([
      {
        kind: 'target-not-empty',
        message: expect.stringMatching(/is behind what was brought from it .* it has got to .* the target to /),
        hint: expect.stringContaining('--adopt-target'),
      },
    ]);
    expect(code).toBe(1);
  }
  expect({ ...(await digests(pair)), _migration: null }).toEqual({ ...before, _migration: null });
  // Whoever wants the earlier state says so, and goes forward again without a word.
  const adopted = await app.migrate(back, { adoptTarget: true });
  expect(adopted.report.problems).toEqual([]);
  expect(adopted.code).toBe(0);
  expect((await compare({ ...pair, postgresUri: uri([standby.port]) })).differences).toEqual([]);
  expect((await app.migrate(pair)).code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('target_session_attrs leads past the standby, and a prepared transaction is named', async () => {
  await runSql(
    uri([primary.port]),
    "begin; insert into params (key, value, run_uuid) select 'prepared', 'v', min(run_uuid) from runs; prepare transaction 'left open'",
  );
  const { code, report, id } = await app.migrate(pair);
  expect(code).toBe(0);
  expect(report.instant).toMatchObject({
    from: 'primary',
    openTransactions: [],
    preparedTransactions: ['left open'],
  });
  const text = await (await app.request('GET', `/api/migrations/${id}/report?format=text`)).text();
  expect(text).toContain('left open');
  expect((await compare(pair)).differences).toEqual([]);
  await runSql(uri([primary.port]), "commit prepared 'left open'");
  expect((await app.migrate(pair, { catchUp: true })).code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a host that is behind what was read from another one is not read from', async () => {
  const hosts = uri([primary.port]);
  const open = async (name: string, secret: string) =>
    SourceDatabase.open(
      await createConnectionResolver({ [name]: secret }).resolvePostgres({
        kind: 'secret',
        secret: name,
        schema: null,
      }),
      1,
    );
  const ahead = await open('AHEAD', hosts);
  const lagging = await open('LAGGING', uri([standby.port]));
  try {
    const identity = await ahead.read((client) => readIdentity(client, 'public', null));
    const { position } = await ahead.read((client) => readClock(client, true));
    const one = (source: SourceDatabase, notBefore: string | null) =>
      source.expecting(identity, notBefore).read(async (client) => (await client.query('select 1')).rowCount);
    expect(await one(ahead, position)).toBe(1);
    expect(await one(lagging, null)).toBe(1);
    await expect(one(lagging, position)).rejects.toMatchObject({
      kind: 'source-unreachable',
      message: expect.stringContaining('is behind'),
    });
  } finally {
    await ahead.close();
    await lagging.close();
  }
});

test('a standby that was promoted is the same source, at another address', async () => {
  const { code, report } = await app.migrate({ source: 'STANDBY_ONLY', target: 'STANDBY_TARGET' });
  expect(code).toBe(0);
  expect(report.instant?.from).toBe('standby');
  await runSql(uri([standby.port]), 'select pg_promote()');
  const promoted = await app.migrate({ source: 'STANDBY_ONLY', target: 'STANDBY_TARGET' }, { catchUp: true });
  expect(promoted.report.problems).toEqual([]);
  expect(promoted.code).toBe(0);
  expect(promoted.report.instant?.from).toBe('primary');
});
