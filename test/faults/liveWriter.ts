import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startGuarded } from '../mlflow/guardedCommand.ts';
import { virtualEnvironment } from '../mlflow/virtualEnvironment.ts';
import { signal } from './processTree.ts';

/** What a writer came to. */
export interface Written {
  /** Writes that PostgreSQL acknowledged, by what they were. */
  readonly done: Readonly<Record<string, number>>;
  /** Writes that were refused, as the database was read-only, and that failed as the server was away. */
  readonly refused: number;
  readonly away: number;
  /** Other failures, by their first words. */
  readonly other: Readonly<Record<string, number>>;
  /** When the last write was acknowledged, milliseconds since 1970. */
  readonly lastDoneMs: number;
}

/** Somebody who writes into a source without pause. */
export interface LiveWriter {
  /** What writes, for people. */
  readonly name: string;
  stop(): Promise<Written>;
}

/** The release of the schema that the generator fills, with what the layouts' reader asks for. */
const MLFLOW = { mlflow: '3.17.2', packages: ['mlflow-mongodb==0.1.0b2', 'psycopg2-binary'] };
const PROGRAM = fileURLToPath(new URL('../mlflow/python/writeOn.py', import.meta.url));
const REST_MS = 10;

/** Starts MLflow's own stores as a writer, plain SQL where this machine has no Python for them; returns when it has begun to write. */
export async function startLiveWriter(uri: string, seed: number): Promise<LiveWriter> {
  const environment = await virtualEnvironment({ ...MLFLOW, imports: ['psycopg2'] });
  return 'missing' in environment ? startSqlWriter(uri) : await startMlflow(environment.directory, uri, seed);
}

async function startMlflow(directory: string, uri: string, seed: number): Promise<LiveWriter> {
  const command = await startGuarded({
    argv: [join(directory, 'bin', 'python'), PROGRAM, '--seed', String(seed)],
    env: { POSTGRES_URI: uri.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:'), PYTHONDONTWRITEBYTECODE: '1' },
  });
  const lines = createInterface({ input: command.child.stdout as NodeJS.ReadableStream });
  const [first] = (await Promise.race([once(lines, 'line'), command.result.then(() => ['ended'])])) as [string];
  if (first !== 'writing') throw new Error(`The writer did not begin:\n${(await command.result).stderr.slice(-2_000)}`);
  return {
    name: `MLflow ${MLFLOW.mlflow}`,
    async stop() {
      signal(command.pid, 'SIGTERM');
      const { stdout: text } = await command.result;
      await command.release();
      return JSON.parse(text.split('\n')[1] ?? '') as Written;
    },
  };
}

/** New rows, changed rows and deletions, as MLflow would write them. */
const STATEMENTS = {
  metric: `insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
           select 'later', random(), extract(epoch from clock_timestamp()) * 1000, run_uuid, $1, false
             from runs order by run_uuid offset $1 % 5000 limit 3 on conflict do nothing`,
  param: `insert into params (key, value, run_uuid)
          select 'later-' || $1, $1::text, run_uuid from runs order by run_uuid offset $1 % 5000 limit 3 on conflict do nothing`,
  tag: `update tags set value = $1::text where run_uuid in (select run_uuid from runs order by run_uuid offset $1 % 5000 limit 1)`,
  deletion: `delete from params where (key, run_uuid) in (select key, run_uuid from params where $1 >= 0 limit 2)`,
} as const;

function startSqlWriter(uri: string): LiveWriter {
  const done: Record<string, number> = {};
  const other: Record<string, number> = {};
  const written = { refused: 0, away: 0, lastDoneMs: 0 };
  const pool = new pg.Pool({ connectionString: uri, max: 1 }).on('error', () => undefined);
  let isOver = false;
  const writing = (async () => {
    for (let number = 0; !isOver; number += 1) {
      const [what, statement] = Object.entries(STATEMENTS)[number % 4] as [string, string];
      try {
        await pool.query(statement, [number]);
        done[what] = (done[what] ?? 0) + 1;
        written.lastDoneMs = Date.now();
      } catch (error) {
        if ((error as { code?: string }).code === '25006') written.refused += 1;
        else written.away += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  })();
  return {
    name: 'plain SQL',
    async stop() {
      isOver = true;
      await writing;
      await pool.end();
      return { ...written, done, other };
    },
  };
}
