import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startMongod } from '@mlflow-migrate/dev-servers/mongod';
import { runCommand } from '../command.ts';
import type { Arena } from './arena.ts';
import { commonFailures, type Outcome } from './outcome.ts';

const run = promisify(execFile);
/** Room for an empty mongod with its journal, and little more. */
const SMALL = '230m';
const LARGE = '2g';
const TIMEOUT_MS = 5 * 60_000;
const UNREACHABLE = 4;

/** The disk of mongod is full in the copy: it is told, and `--resume` goes on once there is room. Needs the right to mount. */
export async function* diskFullRounds(arena: Arena): AsyncGenerator<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL}`, 'tmpfs', directory]);
  } catch {
    process.stdout.write('disk      SKIPPED: a file system cannot be mounted here\n');
    await rm(directory, { recursive: true });
    return;
  }
  const login = { user: 'migrator', password: randomBytes(12).toString('hex') };
  let mongod = await startMongod({ directory, login });
  try {
    const config = join(directory, 'config.json');
    await writeFile(config, JSON.stringify({ migration_settings: { stall_minutes: 1 } }));
    const args = ['--config', config];
    const migration = await arena.newMigration('large', { mongodbUri: mongod.uri, args });
    const full = await runCommand(migration, TIMEOUT_MS);
    const failures: string[] = [];
    if (full.exitCode !== UNREACHABLE) failures.push(`exit code ${full.exitCode} with a full disk`);
    if (!/full disk|no room left/.test(full.stderr)) failures.push('the disk is not told');
    await run('mount', ['-o', `remount,size=${LARGE}`, directory]);
    await mongod.stop();
    mongod = await startMongod({ directory, login, port: mongod.port });
    const resumed = await runCommand({ ...migration, argv: [...migration.argv, '--resume'] }, TIMEOUT_MS);
    const comparison = await migration.compare();
    failures.push(...commonFailures(resumed, comparison));
    yield {
      scenario: 'disk',
      what: 'full in the copy, then resumed',
      seconds: (full.durationMs + resumed.durationMs) / 1_000,
      figures: { rows: comparison.rows },
      failures,
      log: `${full.stderr.slice(-700)}\n${resumed.stderr}`,
    };
  } finally {
    await mongod.stop();
    await run('umount', ['-l', directory]);
    await rm(directory, { recursive: true });
  }
}
