import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneDatabase, createDatabase, dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import { askBoth, examplesOf } from './askBoth.ts';
import type { Case } from './cases.ts';
import { type MlflowServer, startMlflowServer } from './mlflowServer.ts';
import { type CommandResult, runCommand } from './runCommand.ts';
import { runPython } from './runPython.ts';
import { damage } from './selfCheck.ts';
import type { Sampling, Servers } from './servers.ts';
import { upgrade } from './upgrade.ts';
import { goBack } from './wayBack.ts';

const WRITES_TIMEOUT_MS = 5 * 60_000;

/** What one case came to. `failures` is empty for a pass. */
export interface CaseResult {
  readonly questions: number;
  readonly different: number;
  readonly writes: number;
  readonly failures: readonly string[];
}

interface Writes {
  readonly checks: number;
  readonly failed: number;
  readonly failures: readonly { readonly check: string; readonly sql: string; readonly mongodb: string }[];
}

/** `back`: what was written is brought back into PostgreSQL, which is asked again. `self-check`: nothing is written, and the test itself is asked about. */
export type Mode = 'ask' | 'back' | 'self-check';

/**
 * Restores, migrates, asks both servers, then writes to both. The self-check asks PostgreSQL on both sides, where nothing may
 * differ, and again after values were changed in MongoDB, each of which must be seen.
 */
export async function runCase(one: Case, servers: Servers, sampling: Sampling, mode: Mode): Promise<CaseResult> {
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
    const migration = await runCommand(migrationOf(one), servers, { sourceUri, mongodbUri }, directory);
    if (one.refusal !== undefined) return { questions: 1, writes: 0, ...refusalOutcome(migration, one.refusal) };
    if (migration.exitCode !== 0) return failed(`The migration ended with ${migration.exitCode}:\n${migration.log}`);

    tell('upgrade');
    const sqlUri = await upgrade(servers, upgradedUri);
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

    const ask = (first: string, second: string) =>
      askBoth(servers, { sql: first, mongodb: second, sampling, workspace: one.workspace });
    if (mode === 'self-check') {
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
    const writes = (await runPython(servers, ['writes.py', ...sides], {}, WRITES_TIMEOUT_MS)) as Writes;
    const forth = {
      questions: answers.questions,
      different: answers.different,
      writes: writes.checks,
      failures: [
        ...examplesOf(answers),
        ...writes.failures.map(({ check, ...sides }) => `${check}\n    sql ${sides.sql}\n    mongodb ${sides.mongodb}`),
      ],
    };
    if (mode !== 'back') return forth;
    // The way back wants nobody to write; the server opens the documents again for the questions.
    await Promise.all(running.splice(0).map((server) => server.stop()));
    const back = await goBack({
      servers,
      id,
      nativeUri: upgradedUri,
      sourceUri,
      mongodbUri,
      directory,
      sampling,
      tell,
    });
    return {
      questions: forth.questions + back.questions,
      different: forth.different + back.different,
      writes: forth.writes,
      failures: [...forth.failures, ...back.failures],
    };
  } finally {
    await Promise.all(running.map((server) => server.stop()));
    for (const name of [id, upgraded]) await dropDatabase(servers.postgresUri, name);
    await rm(directory, { recursive: true, force: true });
  }
}

function migrationOf({ workspace }: Case): string[] {
  return ['--layout', 'mlflow', ...(workspace === undefined ? [] : ['--workspace', workspace])];
}

function refusalOutcome({ exitCode, log }: CommandResult, refusal: RegExp): Pick<CaseResult, 'different' | 'failures'> {
  if (exitCode !== 0 && refusal.test(log)) return { different: 0, failures: [] };
  return {
    different: 1,
    failures: [`Expected a refusal that says ${refusal}, not exit code ${exitCode} with:\n${log}`],
  };
}

function failed(what: string): CaseResult {
  return { questions: 0, different: 0, writes: 0, failures: [what] };
}
