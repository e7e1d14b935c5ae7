import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cloneDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import { templateName } from '../support/fixtures.ts';
import { blocks } from '../unit/docs/commands/collectCommands.ts';

// What documents tell a reader to type, typed: their blocks as they stand there, with the names of the servers of this run.
// test/unit/docs/commands.test.ts looks at all the others.

const ROOT = join(import.meta.dirname, '../..');
const DATABASE = `documented_${process.pid}`;

let directory: string;
let postgresUri: string;
let mongodbUri: string;
let client: MongoClient;
/** Of the key that signed the reports. */
let fingerprint = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-documented-'));
  await mkdir(join(directory, 'bin'));
  await symlink(join(ROOT, 'dist/cli.cjs'), join(directory, 'bin/mlflow-migrate'));
  // In place of the `npm install mongodb` that the script of the evidence asks for.
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  postgresUri = await cloneDatabase(inject('postgresUri'), templateName('1.30.1'), DATABASE);
  mongodbUri = withDatabase(inject('mongodbUri'), DATABASE);
  client = await MongoClient.connect(mongodbUri);
});

afterAll(async () => {
  await client?.db(DATABASE).dropDatabase();
  await client?.close();
  await rm(directory, { recursive: true, force: true });
});

/** The block of a page that has these words in it. */
function block(page: string, words: string): string {
  const found = blocks().filter(({ where, script }) => where === page && script.includes(words));
  expect(found, `${page}: ${words}`).toHaveLength(1);
  return found[0]?.script ?? '';
}

/** Types a script into bash, and answers with what it printed on stdout. Throws with the rest where its last command fails. */
async function type(script: string): Promise<string> {
  const typed = script
    .replaceAll(/postgresql:\/\/\S+|(?<=--postgres-uri )…/g, '"$POSTGRES_URI"')
    .replaceAll(/mongodb:\/\/\S+|(?<=--mongodb-uri )…/g, '"$MONGODB_URI"')
    .replaceAll(/(?<=--fingerprint )\S+/g, '"$FINGERPRINT"');
  const env = {
    PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: directory,
    POSTGRES_URI: postgresUri,
    MONGODB_URI: mongodbUri,
    DATABASE,
    FINGERPRINT: fingerprint,
    AzureWebJobsStorage: inject('storageConnectionString'),
  };
  const { stdout } = await promisify(execFile)('bash', ['-uo', 'pipefail', '-c', typed], { cwd: directory, env });
  return stdout;
}

const EVIDENCE = 'docs/reference/evidence.md';

test('a migration, its evidence and the way back can be had as the documents say', async () => {
  expect(await type('mlflow-migrate --name lab')).toContain('MIGRATION COMPLETED SUCCESSFULLY');
  const reports = join(directory, '.mlflow-migrate/lab/reports');
  const { digests } = JSON.parse(await readFile(join(reports, 'migration-report-lab.json'), 'utf8')) as MigrationReport;

  const script = block(EVIDENCE, 'createHash');
  await writeFile(join(directory, 'digest.mjs'), script);
  const call = /node digest\.mjs .*/.exec(script)?.[0] ?? '';
  const expected = ['runs', 'metrics'].map(
    (name) => `${name} ${digests?.[name]?.documents} ${digests?.[name]?.target}\n`,
  );
  expect(await type(call)).toBe(expected.join(''));

  const told = await type('mlflow-migrate verify-report .mlflow-migrate/lab/reports');
  fingerprint = /[0-9a-f]{64}/.exec(told)?.[0] ?? '';
  expect(await type(block(EVIDENCE, 'verify-report'))).toContain(fingerprint);

  const runs = client.db(DATABASE).collection('runs');
  await runs.updateOne({}, { $set: { run_name: 'renamed' } });
  expect(await type(block(EVIDENCE, 'mlflow-migrate differences'))).toMatch(/\n +1 runs\tdiffers\n$/);

  await (new Function('db', `return ${block('docs/way-back.md', 'updateMany')}`)({ runs }) as Promise<unknown>);
  expect(await runs.countDocuments({ name: 'renamed', run_name: 'renamed' })).toBe(1);
  const back = await type(block('docs/way-back.md', 'migrate-back'));
  expect(back).toContain('Can be brought back');
  expect(back).toContain('Brought back: all 2,066 documents equal to their rows');
});
