import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { startAzurite } from '@mlflow-migrate/dev-servers/azurite';
import { cloneDatabase, dropDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { seedScale } from '../../bench/seedScale.ts';
import { AzureBlobStore } from '../../src/storage/azureBlobStore.ts';
import { runCli, temporaryDirectory } from '../cli/runCli.ts';
import { descendantsOf, signal } from '../faults/processTree.ts';
import { compare, digests, type Pair, TestApp } from '../support/runMigration.ts';

let app: TestApp;
let scaled: Pair;

beforeAll(async () => {
  app = await TestApp.start();
  scaled = await app.pair('empty');
  await seedScale(scaled.postgresUri, 1);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** A pair with the same rows as {@link scaled}. */
async function anotherPair(): Promise<Pair> {
  const pair = await app.pair('empty');
  const name = new URL(pair.postgresUri).pathname.slice(1);
  await dropDatabase(inject('postgresUri'), name);
  await cloneDatabase(inject('postgresUri'), new URL(scaled.postgresUri).pathname.slice(1), name);
  return pair;
}

/** Files of a directory and everything below it, as one text. */
async function everythingIn(directory: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      files.set(join(entry.parentPath, entry.name), await readFile(join(entry.parentPath, entry.name)));
  }
  return files;
}

test('a host that is killed while it copies, and again while it validates, goes on after a restart and loses nothing', async () => {
  const pair = await anotherPair();
  const id = await app.begin(pair, { migration_settings: { batch_size: 800, parallel: 2 } });
  await app.until(id, ({ phase, totals }) => phase === 'copy' && totals.copied > 0);
  await app.kill();
  await app.up();
  await app.until(id, ({ phase }) => phase === 'validate');
  await app.kill();
  await app.up();
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  for (const [table, totals] of Object.entries(report.tables))
    expect(totals, table).toMatchObject({ migrated: totals.total, errors: 0, repaired: 0 });
  expect((await compare(pair)).differences).toEqual([]);
});

const NAME = 'interrupted';

/** A place as releases up to 0.1.0 have begun it: with the blobs in Azurite. */
async function beginInAzurite(state: string): Promise<void> {
  const azurite = await startAzurite({ directory: join(state, NAME, 'storage') });
  await new AzureBlobStore({ connectionString: azurite.connectionString }).put('before/plan.json', '{}', 'text/plain');
  await azurite.stop();
}

test.each([
  { where: 'in a storage account', hasAccount: true, isOld: false, kept: null },
  { where: 'in its state directory', hasAccount: false, isOld: false, kept: 'blobs' },
  { where: 'in Azurite, where an earlier release began', hasAccount: false, isOld: true, kept: 'storage' },
])(
  'the command, with blobs $where, and all of its processes are killed; with --resume it completes, and no secret lies anywhere',
  async ({ hasAccount, isOld, kept }) => {
    const pair = await anotherPair();
    await using directory = await temporaryDirectory();
    if (isOld) await beginInAzurite(directory.path);
    const env = {
      POSTGRES_URI: pair.postgresUri,
      MONGODB_URI: pair.mongodbUri,
      ...(hasAccount ? { AzureWebJobsStorage: inject('storageConnectionString') } : {}),
      ...(process.env['MLFLOW_MIGRATE_APP'] ? { MLFLOW_MIGRATE_APP: process.env['MLFLOW_MIGRATE_APP'] } : {}),
    };
    const args = ['--name', NAME, '--state-dir', directory.path, '--batch-size', '1000', '--json', '--verbose'];
    let killed: Promise<void> | undefined;
    const first = await runCli(args, {
      env,
      onStderr: (text, child) => {
        if (killed !== undefined || !/Copying/.test(text) || child.pid === undefined) return;
        const { pid } = child;
        killed = descendantsOf(pid).then((children) => {
          for (const one of [pid, ...children.map((process) => process.pid)]) signal(one, 'SIGKILL');
        });
      },
    });
    await killed;
    expect(killed).toBeDefined();
    expect(first.code).toBeNull();
    const interrupted = await digests(pair);
    expect(Object.keys(interrupted)).toContain('_migration');

    const second = await runCli([...args, '--resume'], { env });
    const report = JSON.parse(second.stdout);
    expect(report.problems).toEqual([]);
    expect(second.code).toBe(0);
    expect(report).toMatchObject({ schemaVersion: 1, status: 'completed' });
    expect((await compare(pair)).differences).toEqual([]);

    const canary = inject('canary');
    const texts = { first, second };
    for (const [run, { stdout, stderr }] of Object.entries(texts))
      expect(`${stdout}${stderr}`, run).not.toContain(canary);
    const files = await everythingIn(directory.path);
    expect([...files.keys()].some((file) => file.endsWith('.sqlite'))).toBe(true);
    for (const [file, content] of files) expect(content.includes(canary), file).toBe(false);
    const stores = (await readdir(join(directory.path, NAME))).filter((name) => name === 'blobs' || name === 'storage');
    expect(stores).toEqual(kept === null ? [] : [kept]);
  },
);

test('histories, logs and blobs of all migrations hold no password', async () => {
  const canary = inject('canary');
  for (const line of app.log) expect(line).not.toContain(canary);
  for (const [file, content] of await everythingIn(app.directory)) expect(content.includes(canary), file).toBe(false);
  const container = BlobServiceClient.fromConnectionString(inject('storageConnectionString')).getContainerClient(
    'migration-reports',
  );
  let blobs = 0;
  for await (const { name } of container.listBlobsFlat()) {
    const content = await container.getBlobClient(name).downloadToBuffer();
    expect(content.includes(canary), name).toBe(false);
    blobs++;
  }
  expect(blobs).toBeGreaterThan(5);
});
