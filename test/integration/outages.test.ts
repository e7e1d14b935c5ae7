import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningAzurite, startAzurite } from '@mlflow-migrate/dev-servers/azurite';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import pg from 'pg';
import { afterEach, expect, inject, test } from 'vitest';
import { type CosmosProxy, startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';
import { startPostgresRelay } from '../support/postgresRelay.ts';
import { compare, type Pair, runSql, TestApp } from '../support/runMigration.ts';
import { startStorageRelay } from '../support/storageRelay.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Fresh databases of the fixture's rows and the names of both ends, as an app's settings give them. */
class Ends {
  readonly database = `outage_${randomBytes(6).toString('hex')}`;
  readonly postgresUri = withDatabase(inject('postgresUri'), this.database);
  readonly mongodbUri = withDatabase(inject('mongodbUri'), this.database);
  readonly pair: Pair = {
    source: 'OUTAGE_SOURCE',
    target: 'OUTAGE_TARGET',
    postgresUri: this.postgresUri,
    mongodbUri: this.mongodbUri,
    database: this.database,
  };

  /** The source under another address or user. */
  source(change: (uri: URL) => void): string {
    return changed(this.postgresUri, change);
  }

  target(change: (uri: URL) => void): string {
    return changed(this.mongodbUri, change);
  }

  async start(source: string, target: string, settings: Readonly<Record<string, string>> = {}): Promise<TestApp> {
    await runSql(inject('postgresUri'), `create database ${this.database} template template_1_30_1`);
    cleanups.push(() => runSql(inject('postgresUri'), `drop database ${this.database} with (force)`));
    const app = await TestApp.start({ OUTAGE_SOURCE: source, OUTAGE_TARGET: target, ...settings });
    cleanups.push(() => app[Symbol.asyncDispose]());
    return app;
  }

  /** Runs SQL over all sessions of the program on this database, and says how many there were. */
  async sessions(what: 'pg_terminate_backend' | 'pg_cancel_backend', state = 'true'): Promise<number> {
    const client = new pg.Client({ connectionString: inject('postgresUri') });
    await client.connect();
    try {
      const { rowCount } = await client.query(
        `select ${what}(pid) from pg_stat_activity
          where datname = '${this.database}' and application_name = 'mlflow-migrate' and ${state}`,
      );
      return rowCount ?? 0;
    } finally {
      await client.end();
    }
  }
}

function changed(uri: string, change: (uri: URL) => void): string {
  const url = new URL(uri);
  change(url);
  return url.href;
}

/** The test server behind a network on which each answer takes its time, so that a copy can be met in its middle. */
async function slowTarget(delayMs: number): Promise<CosmosProxy> {
  const { hostname, port } = new URL(inject('mongodbUri'));
  const upstream = { host: hostname, port: Number(port) };
  const proxy = await startCosmosProxy({ upstream, flavour: 'mongodb', seed: 3, delayMs });
  cleanups.push(() => proxy.stop());
  return proxy;
}

/** A role that may read everything, with the limits of the options. */
async function limitedRole(ends: Ends, options: string): Promise<(uri: URL) => void> {
  const role = `limited_${randomBytes(5).toString('hex')}`;
  const password = `canary-of-roles-${randomBytes(6).toString('hex')}`;
  await runSql(inject('postgresUri'), `create role ${role} login password '${password}' in role pg_read_all_data`);
  await runSql(inject('postgresUri'), options.replaceAll('ROLE', role));
  cleanups.push(() => runSql(inject('postgresUri'), `drop role ${role}`));
  return (uri) => {
    [uri.username, uri.password] = [role, password];
    uri.pathname = `/${ends.database}`;
  };
}

async function isComplete(app: TestApp, pair: Pair, id: string): Promise<void> {
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([]);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
}

const isCopying = ({ phase, totals }: { phase: string; totals: { copied: number } }) =>
  phase === 'copy' && totals.copied > 0;

test.each([
  ['source', 'EAI_AGAIN'],
  ['target', 'EAI_AGAIN'],
  ['target', 'ENOTFOUND'],
] as const)(
  'the host name of the %s stops resolving in the middle (%s), comes back, and costs time and nothing else',
  async (end, code) => {
    const ends = new Ends();
    const proxy = await slowTarget(60);
    const directory = await mkdtemp(join(tmpdir(), 'mlflow-dns-'));
    cleanups.push(() => rm(directory, { recursive: true }));
    const faultFile = join(directory, 'fault');
    await writeFile(faultFile, '');
    const app = await ends.start(
      ends.source((uri) => {
        if (end === 'source') uri.hostname = 'source.faults.test';
      }),
      ends.target((uri) => {
        uri.host = `${end === 'target' ? 'target.faults.test' : '127.0.0.1'}:${proxy.port}`;
        uri.searchParams.set('serverSelectionTimeoutMS', '500');
      }),
      {
        NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/dnsFaults.ts')}`,
        DNS_FAULT_FILE: faultFile,
      },
    );
    const id = await app.begin(ends.pair);
    await app.until(id, isCopying);
    await writeFile(faultFile, code);
    if (end === 'target') proxy.cutAll();
    else await ends.sessions('pg_terminate_backend');
    await app.until(id, () => app.log.filter((line) => line.includes(`dns fault ${code} ${end}.`)).length >= 3);
    await writeFile(faultFile, '');
    await isComplete(app, ends.pair, id);
  },
);

test('a source role with one connection is shared by all lanes', async () => {
  const ends = new Ends();
  const proxy = await slowTarget(20);
  const asRole = await limitedRole(ends, 'alter role ROLE connection limit 1');
  const app = await ends.start(
    ends.source(asRole),
    ends.target((uri) => {
      uri.port = String(proxy.port);
    }),
  );
  await isComplete(app, ends.pair, await app.begin(ends.pair, { migration_settings: { parallel: 4 } }));
});

test('a server that is still starting is waited for, and one that is full in the middle too', async () => {
  const ends = new Ends();
  const proxy = await slowTarget(60);
  await using relay = await startPostgresRelay(Number(new URL(inject('postgresUri')).port));
  const app = await ends.start(
    ends.source((uri) => {
      uri.port = String(relay.port);
    }),
    ends.target((uri) => {
      uri.port = String(proxy.port);
    }),
  );
  relay.refuse('57P03');
  const id = await app.begin(ends.pair);
  await expect.poll(() => relay.refused, { timeout: 20_000 }).toBeGreaterThan(2);
  relay.refuse(null);
  await app.until(id, isCopying);
  const before = relay.refused;
  relay.refuse('53300');
  await ends.sessions('pg_terminate_backend');
  await app.until(id, () => relay.refused > before + 2);
  relay.refuse(null);
  await isComplete(app, ends.pair, id);
});

test('a pool of the target that is used up is waited for', async () => {
  const ends = new Ends();
  const proxy = await slowTarget(30);
  const app = await ends.start(
    ends.postgresUri,
    ends.target((uri) => {
      uri.port = String(proxy.port);
      uri.searchParams.set('maxPoolSize', '1');
      uri.searchParams.set('waitQueueTimeoutMS', '40');
    }),
  );
  await isComplete(app, ends.pair, await app.begin(ends.pair));
});

test('time limits of the source role do not cut the copy', async () => {
  const ends = new Ends();
  const proxy = await slowTarget(150);
  const limits = ['statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'];
  const asRole = await limitedRole(ends, limits.map((limit) => `alter role ROLE set ${limit} = '100ms'`).join(';'));
  const app = await ends.start(
    ends.source(asRole),
    ends.target((uri) => {
      uri.port = String(proxy.port);
    }),
  );
  // More than fits into the buffers between the server and a target that takes its time.
  await runSql(
    ends.postgresUri,
    `create table wide (id int primary key, body text);
     insert into wide select i, repeat(md5(i::text), 100) from generate_series(1, 8000) i`,
  );
  const { code, report } = await app.migrate(ends.pair, { migration_settings: { batch_size: 500 } });
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect((await compare(ends.pair)).differences).toEqual([]);
  // Nothing was cut and begun again: a lane logs what it leaves.
  expect(app.log.filter((line) => line.includes('"left":') && !line.includes('"left":0'))).toEqual([]);
});

test('sessions that an administrator ends, and queries that are cancelled, are begun again', async () => {
  const ends = new Ends();
  const proxy = await slowTarget(100);
  const app = await ends.start(
    ends.postgresUri,
    ends.target((uri) => {
      uri.port = String(proxy.port);
    }),
  );
  await runSql(
    ends.postgresUri,
    `create table wide (id int primary key, body text);
     insert into wide select i, repeat(md5(i::text), 100) from generate_series(1, 8000) i`,
  );
  const id = await app.begin(ends.pair, { migration_settings: { batch_size: 500 } });
  await app.until(id, isCopying);
  await expect
    .poll(() => ends.sessions('pg_cancel_backend', "state = 'active'"), { timeout: 20_000 })
    .toBeGreaterThan(0);
  await expect
    .poll(() => ends.sessions('pg_terminate_backend', "state = 'active'"), { timeout: 20_000 })
    .toBeGreaterThan(0);
  await isComplete(app, ends.pair, id);
  // Something was met in its middle: a unit logs the ranges that it left.
  expect(app.log.some((line) => /"left":[1-9]/.test(line))).toBe(true);
});

test('storage that goes away when the report is written is waited for, and the migration is not lost', async () => {
  const ends = new Ends();
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-storage-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const accountKey = randomBytes(64).toString('base64');
  let azurite: RunningAzurite = await startAzurite({ directory, accountKey });
  cleanups.push(() => azurite.stop());
  const { port } = azurite;
  let lost: Promise<void> | null = null;
  await using relay = await startStorageRelay(azurite.connectionString, async (method, path) => {
    if (method === 'PUT' && path.includes('migration-report.')) lost ??= azurite.stop();
    await lost;
  });
  const app = await ends.start(ends.postgresUri, ends.mongodbUri, { AzureWebJobsStorage: relay.connectionString });
  const id = await app.begin(ends.pair);
  const isRefused = (line: string) => line.includes('storage-unavailable') && line.includes('writeReport');
  await expect.poll(() => app.log.some(isRefused), { timeout: 100_000 }).toBe(true);
  azurite = await startAzurite({ directory, accountKey, port });
  await isComplete(app, ends.pair, id);
});
