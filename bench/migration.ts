import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationReport } from '../src/contract/migrationReport.ts';
import { type HostLog, readHostLog } from './hostLog.ts';
import { type Observation, observe } from './processSampler.ts';
import type { ServerPids } from './serverPids.ts';

/** As it is installed, and as `npm run migrate` runs it. */
const COMMAND = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
const PEAK_MEMORY = new URL('peakMemory.ts', import.meta.url).href;

/** The name of the migration, and so of the directory that holds its state. */
const NAME = 'bench';

/** `proven` has full validation, `unproven` none; `catch-up` only brings a migrated target up to date. */
export type MigrationWork = 'proven' | 'unproven' | 'catch-up';

const OPTIONS: Readonly<Record<MigrationWork, readonly string[]>> = {
  proven: ['--validate', 'full'],
  unproven: ['--validate', 'none'],
  'catch-up': ['--catch-up'],
};

/** What is migrated, and what of it is measured. */
export interface MigrationTask {
  readonly postgresUri: string;
  readonly mongodbUri: string;
  readonly layout: 'tables' | 'mlflow';
  readonly work: MigrationWork;
  /** The state directory: a command that follows another one into the same target has that one's, as it has for a user. */
  readonly state: string;
  readonly servers: ServerPids;
}

/** One migration by the operator's command. */
export interface MeasuredMigration {
  readonly report: MigrationReport;
  /** From the start of the command to its end: the local host and its storage are started and stopped in it. */
  readonly commandSeconds: number;
  /** From the start of the command to that of the first activity that reads rows; null where none did. */
  readonly firstRowSeconds: number | null;
  readonly log: HostLog;
  /** Most memory that a process had resident, in bytes, as it says itself at its end. */
  readonly peakBytes: { readonly host: number; readonly command: number };
  /** Null on other systems than Linux. */
  readonly observation: Observation | null;
}

/** Runs the command in a process of its own. Throws when it does not end with a completed, validated migration. */
export async function runMigration(task: MigrationTask): Promise<MeasuredMigration> {
  const { state } = task;
  const memory = await mkdtemp(join(state, 'memory-'));
  const logFile = join(state, NAME, 'logs', 'host.log');
  const logged = (await readIfThere(logFile)).length;
  try {
    const begun = performance.now();
    const begunAt = Date.now();
    const args = [
      '--json',
      '--quiet',
      ...OPTIONS[task.work],
      '--layout',
      task.layout,
      '--name',
      NAME,
      '--state-dir',
      state,
    ];
    const child = spawn(process.execPath, [COMMAND, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        // URIs go by environment, because everybody can read the arguments of a process.
        POSTGRES_URI: task.postgresUri,
        MONGODB_URI: task.mongodbUri,
        BENCH_MEMORY_DIR: memory,
        NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${PEAK_MEMORY}`,
      },
    });
    const observer = child.pid === undefined ? null : observe(child.pid, task.servers);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    const commandSeconds = (performance.now() - begun) / 1000;
    const observation = observer?.stop() ?? null;
    if (code !== 0) throw new Error(`The migration ended with exit code ${code}: ${stdout.slice(0, 2_000)}`);
    const log = readHostLog((await readIfThere(logFile)).slice(logged));
    return {
      report: JSON.parse(stdout) as MigrationReport,
      commandSeconds,
      firstRowSeconds: log.firstRowsAt === null ? null : (log.firstRowsAt - begunAt) / 1000,
      log,
      peakBytes: await readPeaks(memory),
      observation,
    };
  } finally {
    await rm(memory, { recursive: true, force: true });
  }
}

async function readIfThere(file: string): Promise<string> {
  return existsSync(file) ? await readFile(file, 'utf8') : '';
}

async function readPeaks(directory: string): Promise<{ host: number; command: number }> {
  const peaks = { host: 0, command: 0 };
  for (const file of await readdir(directory)) {
    const { script, peakBytes } = JSON.parse(await readFile(join(directory, file), 'utf8')) as {
      script: string;
      peakBytes: number;
    };
    const path = script.replaceAll('\\', '/');
    if (path.endsWith('dist/command/main.js')) peaks.host = Math.max(peaks.host, peakBytes);
    if (path.endsWith('dist/cli.cjs')) peaks.command = Math.max(peaks.command, peakBytes);
  }
  if (peaks.host === 0 || peaks.command === 0) throw new Error('The command or its host did not tell its memory');
  return peaks;
}
