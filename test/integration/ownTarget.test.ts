import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startMongod } from '@mlflow-migrate/dev-servers/mongod';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandLines } from '../../packages/dev-servers/test/support/processes.ts';
import { type CliResult, runCli, temporaryDirectory } from '../cli/runCli.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';
import { runSql } from '../support/runMigration.ts';

let source: FreshSource;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  source = await freshSource('3.17.2');
  await runSql(
    source.uri,
    "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 10000) n",
  );
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await source.drop();
  await directory[Symbol.asyncDispose]();
});

/** The command without any target, and with storage of its own. */
const run = (args: readonly string[], killAt?: RegExp): Promise<CliResult> =>
  runCli([...args, '--state-dir', directory.path], {
    env: { POSTGRES_URI: source.uri },
    ...(killAt === undefined ? {} : { onStderr: (text, child) => killAt.test(text) && child.kill('SIGKILL') }),
  });

/** Row by row: in the middle also when the next call comes, as the host of a killed command goes on until then. */
const MIGRATE = ['--name', 'lab', '--batch-size', '1'];
const AT_WORK = /Copying|Building indexes|Validating/;

const place = () => join(directory.path, 'lab');
const portOf = () => Number(readFileSync(join(place(), 'mongodb.port'), 'utf8'));
const ownProcesses = () => commandLines().filter((line) => line.includes(place()));

test('a target of its own is the directory: a killed migration is looked at without work, and goes on behind another port', async () => {
  const killed = await run(MIGRATE, AT_WORK);
  expect(killed.code, killed.stderr).toBeNull();

  const port = portOf();
  const looked = await run(['status', '--json']);
  expect(ownProcesses()).toEqual([]);
  expect(JSON.parse(looked.stdout)).toMatchObject({
    status: 'interrupted',
    lastSignAt: expect.stringContaining('T'),
    rowsPerSecond: 0,
    secondsLeft: null,
  });
  const compared = await run(['validate', '--name', 'lab']);
  expect(compared).toMatchObject({ code: 2, stdout: '' });
  expect(compared.stderr).toContain('The migration lab is not finished');

  await using taken = createServer();
  taken.listen(port, '127.0.0.1');
  await once(taken, 'listening');
  const resumed = await run([...MIGRATE, '--resume']);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.stderr).toContain('Resuming lab');
  expect(portOf()).not.toBe(port);
  expect(ownProcesses()).toEqual([]);
});

test('a target of its own asks for a password, and what a migration leaves is for its owner only', async () => {
  const asked: Promise<unknown>[] = [];
  const { code, stderr } = await runCli([...MIGRATE, '--state-dir', directory.path], {
    env: { POSTGRES_URI: source.uri },
    onStderr: (text) => {
      if (asked.length > 0 || !AT_WORK.test(text)) return;
      asked.push(
        MongoClient.connect(`mongodb://127.0.0.1:${portOf()}/`).then(async (client) => {
          await using stranger = client;
          return await stranger
            .db('mlflow_migrated')
            .collection('runs')
            .findOne()
            .catch((error: unknown) => error);
        }),
      );
    },
  });
  expect(code, stderr).toBe(0);
  expect(asked).toHaveLength(1);
  expect(await asked[0]).toMatchObject({ code: 13 });
  const password = readFileSync(join(place(), 'mongodb.password'), 'utf8').trim();
  expect(readFileSync(join(place(), 'logs', 'host.log'), 'utf8')).not.toContain(password);
  const modeOf = (path: string) => (statSync(join(place(), path)).mode & 0o777).toString(8);
  expect(['', 'logs', 'reports'].map(modeOf)).toEqual(['700', '700', '700']);
  expect(['mongodb.password', 'logs/host.log', 'reports/migration-report-lab.json'].map(modeOf)).toEqual([
    '600',
    '600',
    '600',
  ]);
});

/** All documents of the target, counted by a mongod of the test's own on the directory that the command left. */
async function countDocuments(): Promise<number> {
  const mongod = await startMongod({ directory: join(place(), 'mongodb') });
  try {
    await using client = await MongoClient.connect(mongod.uri);
    const database = client.db('mlflow_migrated');
    const names = (await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    // The migration's own notes stand beside the data.
    const data = names.filter((name) => !name.startsWith('_'));
    const counts = await Promise.all(data.map((name) => database.collection(name).countDocuments()));
    return counts.reduce((sum, count) => sum + count, 0);
  } finally {
    await mongod.stop();
  }
}

test('a dead migration is cancelled through its report, without one more row', async () => {
  const killed = await run(MIGRATE, /Copying/);
  expect(killed.code, killed.stderr).toBeNull();
  // The first call that comes ends what the killed one left running.
  await run(['status']);
  const before = await countDocuments();
  const cancelled = await run(['cancel', 'lab']);
  expect(cancelled, cancelled.stderr).toMatchObject({ code: 0, stdout: 'lab is cancelled\n' });
  expect(await countDocuments()).toBe(before);
  const report = JSON.parse((await run(['report', '--json'])).stdout);
  expect(report).toMatchObject({ id: 'lab', status: 'cancelled' });
});
