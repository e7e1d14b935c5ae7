import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cloneDatabase, createDatabase, dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import type { Case } from './cases.ts';
import { runGuarded } from './guardedCommand.ts';
import { type MlflowServer, startMlflowServer } from './mlflowServer.ts';
import { damage } from './selfCheck.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const PYTHON_PROGRAMS = fileURLToPath(new URL('python/', import.meta.url));
const MIGRATION_TIMEOUT_MS = 10 * 60_000;
const UPGRADE_TIMEOUT_MS = 5 * 60_000;
const QUESTIONS_TIMEOUT_MS = 60 * 60_000;
const WRITES_TIMEOUT_MS = 5 * 60_000;
const LOG_CHARACTERS = 3_000;

/** The servers that all cases share. */
export interface Servers {
  readonly postgresUri: string;
  readonly mongodbUri: string;
  readonly storage: string;
  readonly python: string;
}

/** What one case came to. `failures` is empty for a pass. */
export interface CaseResult {
  readonly questions: number;
  readonly different: number;
  readonly writes: number;
  readonly failures: readonly string[];
}

interface Answers {
  readonly questions: number;
  readonly different: number;
  readonly areas: Readonly<Record<string, { readonly different: number }>>;
  readonly examples: readonly { readonly question: string; readonly parts: readonly string[] }[];
}

interface Writes {
  readonly checks: number;
  readonly failed: number;
  readonly failures: readonly { readonly check: string; readonly sql: string; readonly mongodb: string }[];
}

/** Which questions are asked: every `step`-th from the `offset`-th on. */
export interface Sampling {
  readonly step: number;
  readonly offset: number;
}

/**
 * Restores, migrates, asks both servers, then writes to both. With `checksItself` it does not write: it asks PostgreSQL on
 * both sides, where nothing may differ, and again after values were changed in MongoDB, each of which must be seen.
 */
export async function runCase(
  one: Case,
  servers: Servers,
  sampling: Sampling,
  checksItself: boolean,
): Promise<CaseResult> {
  const tell = (stage: string) => process.stderr.write(`${new Date().toISOString()} ${one.name}: ${stage}\n`);
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-test-'));
  const id = `mlflow_${one.name.replaceAll(/\W/g, '_')}`;
  const upgraded = `${id}_upgraded`;
  const mongodbUri = withDatabase(servers.mongodbUri, id);
  const running: MlflowServer[] = [];
  try {
    tell('restore');
    const sourceUri = await createDatabase(servers.postgresUri, id);
    await restoreDump(sourceUri, one.dump);
    const upgradedUri = await cloneDatabase(servers.postgresUri, id, upgraded);

    tell('migrate');
    const migration = await migrate(one, servers, sourceUri, mongodbUri, directory);
    if (one.refusal !== undefined) return { questions: 1, writes: 0, ...refusalOutcome(migration, one.refusal) };
    if (migration.exitCode !== 0) return failed(`The migration ended with ${migration.exitCode}:\n${migration.log}`);

    const sqlUri = upgradedUri.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:');
    tell('upgrade');
    await python(servers, ['upgrade.py'], { POSTGRES_URI: sqlUri }, UPGRADE_TIMEOUT_MS, true);
    const hasWorkspaces = one.workspace !== undefined;
    tell('start servers');
    const starts = await Promise.allSettled([
      startMlflowServer({ python: servers.python, storeUri: sqlUri, artifactDirectory: directory, hasWorkspaces }),
      startMlflowServer({
        python: servers.python,
        storeUri: mongodbUri,
        artifactDirectory: directory,
        hasWorkspaces: false,
      }),
    ]);
    for (const start of starts) if (start.status === 'fulfilled') running.push(start.value);
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    const [sql, mongodb] = running.map(({ address }) => address) as [string, string];
    const sides = ['--sql', sql, '--mongodb', mongodb];
    if (one.workspace !== undefined) sides.push('--workspace', one.workspace);

    const ask = (first: string, second: string) => askBoth(one, servers, first, second, sampling);
    if (checksItself) {
      tell('ask PostgreSQL twice');
      const same = await ask(sql, sql);
      tell('ask about changed values');
      const areas = await damage(mongodbUri);
      const changed = await ask(sql, mongodb);
      const unseen = areas.filter((area) => !changed.areas[area]?.different);
      return {
        questions: same.questions,
        different: same.different,
        writes: 0,
        failures: [...examplesOf(same), ...unseen.map((area) => `A changed value was not seen: ${area}`)],
      };
    }
    tell('ask');
    const answers = await ask(sql, mongodb);
    tell('write');
    const writes = (await python(servers, ['writes.py', ...sides], {}, WRITES_TIMEOUT_MS)) as Writes;
    return {
      questions: answers.questions,
      different: answers.different,
      writes: writes.checks,
      failures: [
        ...examplesOf(answers),
        ...writes.failures.map(({ check, ...sides }) => `${check}\n    sql ${sides.sql}\n    mongodb ${sides.mongodb}`),
      ],
    };
  } finally {
    await Promise.all(running.map((server) => server.stop()));
    for (const name of [id, upgraded]) await dropDatabase(servers.postgresUri, name);
    await rm(directory, { recursive: true, force: true });
  }
}

/** `--workspace` is for the SQL side alone: two SQL servers need it on both, which self-checks do without. */
async function askBoth(
  one: Case,
  servers: Servers,
  sql: string,
  mongodb: string,
  { step, offset }: Sampling,
): Promise<Answers> {
  const argv = ['questions.py', '--sql', sql, '--mongodb', mongodb, '--step', String(step), '--offset', String(offset)];
  if (one.workspace !== undefined) argv.push('--workspace', one.workspace);
  return (await python(servers, argv, {}, QUESTIONS_TIMEOUT_MS)) as Answers;
}

function examplesOf(answers: Answers): string[] {
  return answers.examples.map(({ question, parts }) => [question, ...parts].join('\n    '));
}

interface Migration {
  readonly exitCode: number | null;
  readonly log: string;
}

async function migrate(
  one: Case,
  servers: Servers,
  sourceUri: string,
  mongodbUri: string,
  directory: string,
): Promise<Migration> {
  const argv = [process.execPath, 'src/cli/main.ts', '--layout', 'mlflow', '--yes', '--json'];
  argv.push('--state-dir', join(directory, 'state'));
  if (one.workspace !== undefined) argv.push('--workspace', one.workspace);
  const env = { POSTGRES_URI: sourceUri, MONGODB_URI: mongodbUri, AzureWebJobsStorage: servers.storage };
  const result = await runGuarded({ argv, env, cwd: REPOSITORY }, MIGRATION_TIMEOUT_MS);
  return { exitCode: result.exitCode, log: `${result.stdout}\n${result.stderr}`.slice(-LOG_CHARACTERS) };
}

function refusalOutcome({ exitCode, log }: Migration, refusal: RegExp): Pick<CaseResult, 'different' | 'failures'> {
  if (exitCode !== 0 && refusal.test(log)) return { different: 0, failures: [] };
  return {
    different: 1,
    failures: [`Expected a refusal that says ${refusal}, not exit code ${exitCode} with:\n${log}`],
  };
}

function failed(what: string): CaseResult {
  return { questions: 0, different: 0, writes: 0, failures: [what] };
}

/** Runs one of the Python programs and returns the JSON it prints, which it may follow with exit code 1. */
async function python(
  servers: Servers,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
  isSilent = false,
): Promise<unknown> {
  const argv = [servers.python, `${PYTHON_PROGRAMS}${program}`, ...args];
  const quiet = {
    PYTHONDONTWRITEBYTECODE: '1',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    // The client waits minutes for a better answer than HTTP 500; here that is the answer.
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    // Only JSON belongs on stdout; the client would print a link after each run.
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: 'true',
    MLFLOW_SQL_TRACE_ROLLUPS_ENABLED: 'true',
  };
  const { exitCode, stdout, stderr } = await runGuarded({ argv, env: { ...quiet, ...env } }, timeoutMs);
  const hasAnswer = stdout.startsWith('{') && (exitCode === 0 || exitCode === 1);
  if (isSilent ? exitCode !== 0 : !hasAnswer) {
    throw new Error(`${program} ended with ${exitCode}:\n${stderr.slice(-LOG_CHARACTERS)}`);
  }
  return isSilent ? undefined : JSON.parse(stdout);
}
