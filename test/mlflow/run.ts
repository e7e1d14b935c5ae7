/**
 * The result opened in real MLflow: each fixture dump is restored, migrated with `--layout mlflow`, and then the same questions are asked
 * of an `mlflow server` on PostgreSQL and of one on the migrated MongoDB; last the migrated store is written to.
 *
 *     npm run test:mlflow [-- --fixture NAME]… [--keep]
 *
 * Where Python 3.11 or PyPI is not at hand it prints `SKIPPED: reason` and exits 0: that is no pass.
 */
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { cloneDatabase, createDatabase, withDatabase } from '../../local/sample/databases.ts';
import { restoreDump } from '../../local/sample/restoreDump.ts';
import { removeStackDirectory, type Stack, startStack } from '../../local/stack/stack.ts';
import { CASES, type Case } from './cases.ts';
import { type MlflowServer, startMlflowServer } from './mlflowServer.ts';
import { runProgram } from './process.ts';
import { CannotRunError, pythonEnvironment } from './pythonEnvironment.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const PYTHON = join(REPOSITORY, 'test/mlflow/python');

/** What one step of a case came to. */
interface Result {
  readonly name: string;
  readonly isPassed: boolean;
  readonly text: string;
  readonly details: readonly string[];
}

interface Bench {
  readonly bin: string;
  readonly directory: string;
  readonly postgresUri: string;
  readonly mongodbUri: string;
}

const { values: options } = parseArgs({
  options: { fixture: { type: 'string', multiple: true }, keep: { type: 'boolean', default: false } },
});

const notice = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function main(): Promise<number> {
  const cases = CASES.filter(({ fixture }) => options.fixture?.includes(fixture) ?? true);
  if (cases.length === 0) {
    notice(`No such fixture. There are: ${[...new Set(CASES.map(({ fixture }) => fixture))].join(', ')}`);
    return 2;
  }
  let bin: string;
  try {
    bin = await pythonEnvironment(notice);
  } catch (error) {
    if (!(error instanceof CannotRunError)) throw error;
    process.stdout.write(`SKIPPED: ${error.message}\n`);
    return 0;
  }
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-real-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user where this runs as root.
  const stack = await startStack({ directory, postgres: true, mongodb: true, storage: false, isThrowAway: true });
  try {
    return await runCases(cases, { bin, directory, ...urisOf(stack) });
  } finally {
    if (options.keep) notice(`Kept in ${directory}: the databases' files, the questions and the answers`);
    await stack.stop();
    if (!options.keep) await removeStackDirectory(directory);
  }
}

function urisOf({ postgres, mongodb }: Stack): { postgresUri: string; mongodbUri: string } {
  if (postgres === undefined || mongodb === undefined) throw new Error('The stack lacks a server');
  return { postgresUri: postgres.uri, mongodbUri: mongodb.uri };
}

async function runCases(cases: readonly Case[], bench: Bench): Promise<number> {
  const results: Result[] = [];
  for (const [index, test] of cases.entries()) {
    for await (const result of runCase(test, `case_${index}`, bench)) {
      results.push(result);
      const line = `${result.isPassed ? '✅' : '❌'} ${result.name.padEnd(44)} ${result.text}\n`;
      process.stdout.write(line + result.details.map((detail) => `     ${detail}\n`).join(''));
    }
  }
  const failed = results.filter(({ isPassed }) => !isPassed).length;
  process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}

/** Restores, migrates, asks, writes; a step that fails ends the case. */
async function* runCase(test: Case, database: string, bench: Bench): AsyncGenerator<Result> {
  const label = [test.fixture, test.workspace].filter((part) => part !== undefined).join(' ');
  const source = await createDatabase(bench.postgresUri, database);
  await restoreDump(source, join(REPOSITORY, `test/fixtures/mlflow-${test.fixture}.sql.gz`));
  // MLflow changes an older database when it opens it: it gets a copy, the migrator what the old release wrote.
  const upgraded = await cloneDatabase(bench.postgresUri, database, `${database}_upgraded`);
  const target = withDatabase(bench.mongodbUri, database);
  const work = join(bench.directory, database);
  await mkdir(work, { recursive: true });

  const migrated = await migrate(test, source, target, work);
  yield { name: `${label}: migration`, ...migrated };
  if (!migrated.isPassed || test.refusal !== undefined) return;

  const postgresUri = sqlAlchemyUri(upgraded);
  const upgrade = await runProgram(join(bench.bin, 'python'), ['-W', 'ignore', '-c', UPGRADE], {
    env: { STORE_URI: postgresUri },
  });
  if (upgrade.exitCode !== 0) throw new Error(`mlflow db upgrade failed:\n${upgrade.stderr.slice(-2_000)}`);
  const servers: MlflowServer[] = [];
  try {
    const started = await Promise.allSettled([
      startMlflowServer({
        name: 'mlflow server on PostgreSQL',
        bin: bench.bin,
        storeUri: postgresUri,
        directory: work,
        hasWorkspaces: test.workspace !== undefined,
      }),
      startMlflowServer({ name: 'mlflow server on MongoDB', bin: bench.bin, storeUri: target, directory: work }),
    ]);
    for (const result of started) if (result.status === 'fulfilled') servers.push(result.value);
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    const [onPostgres, onMongodb] = servers;
    if (onPostgres === undefined || onMongodb === undefined) throw new Error('A server is missing');
    yield { name: `${label}: questions`, ...(await compare(test, bench.bin, onPostgres.url, onMongodb.url, work)) };
    const highest = await highestVersions(source, test.workspace);
    yield { name: `${label}: writes`, ...(await write(bench.bin, onMongodb.url, highest)) };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** `mlflow db upgrade` takes the URI as an argument, where every user of the machine could read its password. */
const UPGRADE = `
import os, mlflow.store.db.utils as db
db._upgrade_db(db.create_sqlalchemy_engine_with_retry(os.environ["STORE_URI"]))
`;

/** SQLAlchemy 2.1 takes a bare `postgresql:` for psycopg 3, which MLflow does not bring. */
function sqlAlchemyUri(uri: string): string {
  return uri.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:');
}

type Outcome = Omit<Result, 'name'>;

async function migrate(test: Case, source: string, target: string, work: string): Promise<Outcome> {
  const workspace = test.workspace === undefined ? [] : ['--workspace', test.workspace];
  const args = [join(REPOSITORY, 'src/cli/main.ts'), '--layout', 'mlflow', '--json', '--yes', ...workspace];
  const { exitCode, stdout, stderr } = await runProgram(
    process.execPath,
    [...args, '--state-dir', join(work, 'state')],
    { env: { POSTGRES_URI: source, MONGODB_URI: target }, cwd: REPOSITORY },
  );
  const said = `${stdout}\n${stderr}`.trim();
  if (test.refusal !== undefined) {
    const isPassed = exitCode !== 0 && test.refusal.test(said);
    return { isPassed, text: `refused with exit code ${exitCode}`, details: isPassed ? [] : [said.slice(-1_500)] };
  }
  if (exitCode !== 0) return { isPassed: false, text: `exit code ${exitCode}`, details: [said.slice(-3_000)] };
  const report = JSON.parse(stdout) as { totals: { migrated: number }; seconds: { total: number } };
  return { isPassed: true, text: `${report.totals.migrated} rows, ${report.seconds.total} s`, details: [] };
}

interface Comparison {
  readonly questions: number;
  readonly different: number;
  readonly differentKinds: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly examples: readonly object[];
}

async function compare(test: Case, bin: string, postgres: string, mongodb: string, work: string): Promise<Outcome> {
  const args = ['-W', 'ignore', join(PYTHON, 'compare.py'), '--postgres', postgres, '--mongodb', mongodb];
  const workspace = test.workspace === undefined ? [] : ['--workspace', test.workspace];
  const { stdout, stderr } = await runProgram(join(bin, 'python'), [...args, '--directory', work, ...workspace], {
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (!stdout.startsWith('{')) return { isPassed: false, text: 'no answer', details: [stderr.slice(-3_000)] };
  const { questions, different, differentKinds, seconds, examples } = JSON.parse(stdout) as Comparison;
  return {
    isPassed: different === 0 && questions > 0,
    text: `${questions} questions, ${different} answers differ, ${seconds} s`,
    details:
      different === 0 ? [] : [JSON.stringify(differentKinds), ...examples.map((e) => JSON.stringify(e).slice(0, 900))],
  };
}

async function write(bin: string, url: string, highest: object): Promise<Outcome> {
  const args = ['-W', 'ignore', join(PYTHON, 'writes.py'), '--url', url, '--highest', JSON.stringify(highest)];
  const { stdout, stderr } = await runProgram(join(bin, 'python'), args, { env: { PYTHONDONTWRITEBYTECODE: '1' } });
  if (!stdout.startsWith('{')) return { isPassed: false, text: 'no answer', details: [stderr.slice(-3_000)] };
  const { checks, failed } = JSON.parse(stdout) as { checks: number; failed: { check: string; reason: string }[] };
  const details = failed.map(({ check, reason }) => `${check}: ${reason}`);
  return { isPassed: failed.length === 0, text: `${checks} checks, ${failed.length} failed`, details };
}

/** The highest version number of each registered model, deleted versions too: what the next one must be one more than. */
async function highestVersions(uri: string, workspace: string | undefined): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    const where = workspace === undefined ? '' : `where workspace = ${pg.escapeLiteral(workspace)}`;
    const { rows } = await client.query<{ name: string; highest: number }>(
      `select name, max(version)::int as highest from model_versions ${where} group by name order by name limit 30`,
    );
    return Object.fromEntries(rows.map(({ name, highest }) => [name, highest]));
  } finally {
    await client.end();
  }
}

process.exitCode = await main();
