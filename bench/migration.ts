import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationReport } from '../src/contract/migrationReport.ts';

const COMMAND = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const PEAK_MEMORY = new URL('peakMemory.ts', import.meta.url).href;

/** The name of the migration, and so of the directory that holds its state. */
const NAME = 'bench';

/** What is migrated, and what of it is measured. */
export interface MigrationTask {
  readonly postgresUri: string;
  readonly mongodbUri: string;
  readonly layout: 'tables' | 'mlflow';
  /** Where the state directory may be made; it is removed again. */
  readonly directory: string;
}

/** One migration by the operator's command. */
export interface MeasuredMigration {
  readonly report: MigrationReport;
  /** From the start of the command to its end: the local host and its storage are started and stopped in it. */
  readonly commandSeconds: number;
  /** Summed durations of the activities by name, as the host's log tells them. Units of one phase run side by side. */
  readonly activitySeconds: Readonly<Record<string, number>>;
  /** Most memory that a process had resident, in bytes. */
  readonly peakBytes: { readonly host: number; readonly command: number };
}

/** Runs the command in a process of its own. Throws when it does not end with a completed, validated migration. */
export async function runMigration(task: MigrationTask): Promise<MeasuredMigration> {
  const state = await mkdtemp(join(task.directory, 'state-'));
  const memory = join(state, 'memory');
  await mkdir(memory);
  try {
    const begun = performance.now();
    const args = ['--json', '--quiet', '--validate', 'full', '--layout', task.layout];
    const child = spawn(process.execPath, [COMMAND, ...args, '--name', NAME, '--state-dir', state], {
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
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    const commandSeconds = (performance.now() - begun) / 1000;
    if (code !== 0) throw new Error(`The migration ended with exit code ${code}: ${stdout.slice(0, 2_000)}`);
    return {
      report: JSON.parse(stdout) as MigrationReport,
      commandSeconds,
      activitySeconds: await readActivities(join(state, NAME, 'logs', 'host.log')),
      peakBytes: await readPeaks(memory),
    };
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

async function readActivities(logFile: string): Promise<Record<string, number>> {
  const seconds: Record<string, number> = {};
  for (const line of (await readFile(logFile, 'utf8')).split('\n')) {
    const event = /\{"event":"activity-done".*\}$/.exec(line)?.[0];
    if (event === undefined) continue;
    const { activity, durationMs } = JSON.parse(event) as { activity: string; durationMs: number };
    seconds[activity] = (seconds[activity] ?? 0) + durationMs / 1000;
  }
  return seconds;
}

async function readPeaks(directory: string): Promise<{ host: number; command: number }> {
  const peaks = { host: 0, command: 0 };
  for (const file of await readdir(directory)) {
    const { script, peakBytes } = JSON.parse(await readFile(join(directory, file), 'utf8')) as {
      script: string;
      peakBytes: number;
    };
    const path = script.replaceAll('\\', '/');
    if (path.endsWith('functions-host/src/main.ts')) peaks.host = Math.max(peaks.host, peakBytes);
    if (path.endsWith('src/cli/main.ts')) peaks.command = Math.max(peaks.command, peakBytes);
  }
  if (peaks.host === 0 || peaks.command === 0) throw new Error('The command or its host did not tell its memory');
  return peaks;
}
