import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStackDirectory, type Stack, startStack } from '@mlflow-migrate/dev-servers';
import { createDatabase, renameDatabase } from '@mlflow-migrate/dev-servers/databases';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { filesWithSecret } from './canary.ts';
import { FIXTURE_VERSIONS, fixtureFile, templateName } from './fixtures.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the database `postgres`, as superuser. */
    postgresUri: string;
    /** Without a database; the user may do everything. */
    mongodbUri: string;
    storageConnectionString: string;
    /** The password in both URIs: it may turn up in no log, report, history or message. */
    canary: string;
  }
}

let stack: Stack | undefined;
let directory: string | undefined;
let canary = '';

/** Starts the servers once for all suites, but for those that TEST_POSTGRES_URI, TEST_MONGODB_URI and TEST_STORAGE name, and restores every fixture into a template database. */
export async function setup(project: TestProject): Promise<void> {
  const { TEST_POSTGRES_URI, TEST_MONGODB_URI, TEST_STORAGE } = process.env;
  const password = `canary-${randomBytes(12).toString('hex')}`;
  directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-test-'));
  // PostgreSQL runs as another user where the tests run as root.
  await chmod(directory, 0o755);
  // Of hosts, which the suites start again and again: a third of what a start takes is to compile what the one before compiled too.
  process.env['NODE_COMPILE_CACHE'] ??= join(directory, 'compiled');
  stack = await startStack({
    directory,
    postgres: !TEST_POSTGRES_URI,
    mongodb: !TEST_MONGODB_URI,
    storage: !TEST_STORAGE,
    password,
    isThrowAway: true,
  });
  const postgresUri = TEST_POSTGRES_URI || stack.postgres!.uri;
  await makeTemplates(postgresUri);
  project.provide('postgresUri', postgresUri);
  project.provide('mongodbUri', TEST_MONGODB_URI || stack.mongodb!.uri);
  project.provide('storageConnectionString', TEST_STORAGE || stack.storage!.connectionString);
  canary = decodeURIComponent(new URL(postgresUri).password);
  project.provide('canary', canary);
  // `npm test` looks for it in everything that the suites print and leave.
  if (process.env['TEST_CANARY_FILE']) await writeFile(process.env['TEST_CANARY_FILE'], canary, { mode: 0o600 });
}

/** Stops the servers, and fails when the password got into a blob. */
export async function teardown(): Promise<void> {
  await stack?.stop();
  if (directory === undefined) return;
  // Blobs: plans, progress, findings, reports. The databases' own files are left out.
  const files = stack?.storage === undefined ? [] : await filesWithSecret(join(directory, 'storage'), canary);
  await removeStackDirectory(directory);
  if (files.length > 0) throw new Error(`The password of the test servers stands in ${files.join(', ')}`);
}

/** Restores the dumps side by side. A server given by URI may have the templates from an earlier run: they get their name when complete, and are kept. */
async function makeTemplates(adminUri: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUri });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
  await client.end();
  const existing = new Set(rows.map((row) => row.datname));
  const missing = FIXTURE_VERSIONS.filter((version) => !existing.has(templateName(version)));
  await Promise.all(
    missing.map(async (version) => {
      const unfinished = `unfinished_${randomBytes(6).toString('hex')}`;
      await restoreDump(await createDatabase(adminUri, unfinished), fixtureFile(version));
      await renameDatabase(adminUri, unfinished, templateName(version));
    }),
  );
}
