import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterEach, expect, inject, test } from 'vitest';
import { startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';
import { startPostgresRelay } from '../support/postgresRelay.ts';
import { compare, type Pair, runSql, TestApp } from '../support/runMigration.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('a migration goes on over the second host when the first is stopped in the copy', async () => {
  const database = `hosts_${randomBytes(6).toString('hex')}`;
  const [postgresUri, mongodbUri] = [
    withDatabase(inject('postgresUri'), database),
    withDatabase(inject('mongodbUri'), database),
  ];
  await runSql(inject('postgresUri'), `create database ${database} template template_1_30_1`);
  cleanups.push(() => runSql(inject('postgresUri'), `drop database ${database} with (force)`));
  const upstream = Number(new URL(postgresUri).port);
  const first = await startPostgresRelay(upstream);
  const second = await startPostgresRelay(upstream);
  cleanups.push(async () => second[Symbol.asyncDispose]());
  // Each answer of the target takes its time, so that the copy can be met in its middle.
  const { hostname, port } = new URL(mongodbUri);
  const proxy = await startCosmosProxy({
    upstream: { host: hostname, port: Number(port) },
    flavour: 'mongodb',
    seed: 3,
    delayMs: 60,
  });
  cleanups.push(() => proxy.stop());
  const hosts = `127.0.0.1:${first.port},127.0.0.1:${second.port}`;
  const app = await TestApp.start({
    HOSTS_SOURCE: postgresUri.replace(/@[^/]+/, `@${hosts}`),
    HOSTS_TARGET: mongodbUri.replace(`:${port}`, `:${proxy.port}`),
  });
  cleanups.push(() => app[Symbol.asyncDispose]());
  const pair: Pair = { source: 'HOSTS_SOURCE', target: 'HOSTS_TARGET', postgresUri, mongodbUri, database };
  const id = await app.begin(pair);
  await app.until(id, ({ phase, totals }) => phase === 'copy' && totals.copied > 0);
  await first[Symbol.asyncDispose]();
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect(report.source).toContain(`${hosts}/${database}`);
  expect((await compare(pair)).differences).toEqual([]);
});
