import { cloneDatabase, dropDatabase } from '@mlflow-migrate/dev-servers/databases';
import pg from 'pg';
import type { BackReport } from '../../src/contract/backReport.ts';
import { askBoth, examplesOf } from './askBoth.ts';
import { type MlflowServer, startMlflowServer } from './mlflowServer.ts';
import { runCommand } from './runCommand.ts';
import type { Sampling, Servers } from './servers.ts';
import { upgrade } from './upgrade.ts';
import { differentRows } from './writtenRows.ts';

/** A case whose documents MLflow has written to. */
export interface WrittenCase {
  readonly servers: Servers;
  /** Name of the source database. */
  readonly id: string;
  /** A database that MLflow's SQL store has written the same to. */
  readonly nativeUri: string;
  /** The database that was migrated, as it was then. */
  readonly sourceUri: string;
  readonly mongodbUri: string;
  readonly directory: string;
  readonly sampling: Sampling;
  readonly tell: (stage: string) => void;
}

/** What the questions to one database came to. */
interface Outcome {
  readonly questions: number;
  readonly different: number;
  readonly failures: readonly string[];
}

/**
 * Brings the documents back into an empty database of the same schema, then into the source, and asks a server on each the questions
 * again, beside the one on MongoDB: what MLflow wrote there must be answered by the rows as well. Brought back once more, nothing is left.
 */
export async function goBack(written: WrittenCase): Promise<Outcome> {
  const { servers, id, sourceUri, tell } = written;
  const empty = `${id}_empty`;
  const outcomes: Outcome[] = [];
  try {
    const emptyUri = await cloneDatabase(servers.postgresUri, id, empty);
    await truncate(emptyUri);
    for (const [name, uri] of [
      ['an empty database', emptyUri],
      ['the source', sourceUri],
    ] as const) {
      tell(`bring back into ${name}`);
      const outcome = await bringBackInto(uri, written);
      outcomes.push({ ...outcome, failures: outcome.failures.map((failure) => `back in ${name}: ${failure}`) });
    }
  } finally {
    await dropDatabase(servers.postgresUri, empty);
  }
  return {
    questions: outcomes.reduce((sum, { questions }) => sum + questions, 0),
    different: outcomes.reduce((sum, { different }) => sum + different, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

/** What the refusal says where the schema has no tables for what MLflow has begun to write. */
const NO_PLACE = /has no place in an earlier one/;

async function bringBackInto(sourceUri: string, written: WrittenCase): Promise<Outcome> {
  const { servers, nativeUri, mongodbUri, directory, sampling, tell } = written;
  const run = () => runCommand(['migrate-back'], servers, { sourceUri, mongodbUri }, directory);
  const first = await run();
  // The plugin writes what an early release has no tables for.
  if (first.exitCode !== 0 && NO_PLACE.test(first.log)) {
    tell('refused, as the schema is too old for what was written');
    return { questions: 0, different: 0, failures: [] };
  }
  if (first.exitCode !== 0) return failed(`migrate-back ended with ${first.exitCode}:\n${first.log}`);
  const report = JSON.parse(first.stdout) as BackReport;
  if (!report.isWritten) return failed('nothing was written');
  const again = await run();
  if (again.exitCode !== 0 || (JSON.parse(again.stdout) as BackReport).isWritten)
    return failed(`a second way back ended with ${again.exitCode}, or found something to write:\n${again.log}`);
  tell('upgrade');
  const storeUri = await upgrade(servers, sourceUri);
  const rows = await differentRows(nativeUri, sourceUri);
  tell('ask');
  const running: MlflowServer[] = [];
  try {
    for (const uri of [storeUri, mongodbUri]) {
      const options = { python: servers.python, artifactDirectory: directory, hasWorkspaces: false };
      running.push(await startMlflowServer({ ...options, storeUri: uri }));
    }
    const [sql, mongodb] = running.map(({ address }) => address) as [string, string];
    const experiments = Object.fromEntries(
      report.experiments.listed.map((experiment) => [experiment.number, experiment.id]),
    );
    const answers = await askBoth(servers, { sql, mongodb, sampling, experiments });
    return {
      questions: answers.questions,
      different: answers.different,
      failures: [...rows, ...examplesOf(answers)],
    };
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

/** Leaves the tables, and the revision of the schema. */
async function truncate(uri: string): Promise<void> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    const { rows } = await client.query<{ names: string }>(
      `select string_agg(quote_ident(tablename), ', ') as names from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'`,
    );
    await client.query(`truncate ${rows[0]?.names} restart identity cascade`);
  } finally {
    await client.end();
  }
}

function failed(what: string): Outcome {
  return { questions: 0, different: 0, failures: [what] };
}
