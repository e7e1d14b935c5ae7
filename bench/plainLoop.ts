import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'plainLoop.py');

/** What the baseline needs beside Python, and how it gets it. */
export const HOW_TO_HAVE_BASELINE = 'python3 -m pip install pymongo psycopg2-binary';

/** What the baseline did, and the seconds that it counted from its first connection to its last document. */
export interface PlainLoop {
  readonly seconds: number;
  readonly rows: number;
}

/** Whether `python3` is here with all that the baseline imports. */
export async function canRunPlainLoop(): Promise<boolean> {
  return run('python3', ['-c', 'import pymongo, psycopg2']).then(
    () => true,
    () => false,
  );
}

/** Copies a source by the script that proves nothing into an empty target. Throws where it does not bring `rows` rows. */
export async function runPlainLoop(postgresUri: string, mongodbUri: string, rows: number): Promise<PlainLoop> {
  const env = { ...process.env, POSTGRES_URI: postgresUri, MONGODB_URI: mongodbUri };
  const { stdout } = await run('python3', [SCRIPT], { env });
  const loop = JSON.parse(stdout) as PlainLoop;
  if (loop.rows !== rows) throw new Error(`The plain loop copied ${loop.rows} rows of ${rows}`);
  return loop;
}
