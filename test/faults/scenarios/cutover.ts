import { setTimeout as sleep } from 'node:timers/promises';
import { cloneDatabase, dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import pg from 'pg';
import { median } from '../../../bench/median.ts';
import type { MigrationStatus } from '../../../src/contract/migrationStatus.ts';
import { type CommandResult, type RunningCommand, runCommand, startCommand } from '../command.ts';
import { killAll } from '../killer.ts';
import { startLiveWriter, type Written } from '../liveWriter.ts';
import type { Arena, Migration } from './arena.ts';
import { commonFailures, type Outcome } from './outcome.ts';

/** Cut-overs that the median is taken over. */
const CUT_OVERS = 3;
/** What a cut-over should take at most on a machine that does nothing else; a busy one is no fault. */
const TARGET_S = 10;
const TIMEOUT_MS = 5 * 60_000;
const ASK_EVERY_MS = 500;
/** How long somebody writes between two passes that are waited for. */
const WRITE_MS = 3_000;
/** How the command prints the statements that its reader is to run. */
const STATEMENT = /^ {2}((?:set|alter|select) .*;)$/;

/**
 * MLflow writes without pause while a migration follows it; the command is killed and resumed, PostgreSQL is restarted, and it is
 * cut over with the very SQL that the command prints. Then the fence is undone, and more cut-overs under load are timed.
 */
export async function* cutoverRounds(arena: Arena, seed: number): AsyncGenerator<Outcome> {
  for (const layout of ['tables', 'mlflow'] as const) {
    const name = `cutover_${layout}_${seed}`;
    const postgresUri = await cloneDatabase(withDatabase(arena.sources.large, 'postgres'), 'large', name);
    const args = ['--follow', '1', '--layout', layout];
    const migration = await arena.newMigration('large', { postgresUri, args });
    const place: Place = { arena, migration, layout, postgresUri };
    yield* cutOvers(place, seed);
    await migration.drop();
    await dropDatabase(withDatabase(arena.sources.large, 'postgres'), name);
  }
}

interface Place {
  readonly arena: Arena;
  readonly migration: Migration;
  readonly layout: 'tables' | 'mlflow';
  readonly postgresUri: string;
}

async function* cutOvers(place: Place, seed: number): AsyncGenerator<Outcome> {
  const downtimes: number[] = [];
  for (let round = 0; round < CUT_OVERS; round += 1) {
    const startedMs = performance.now();
    const writer = await startLiveWriter(place.postgresUri, seed + round);
    const faults = round === 0 ? [killed, restarted] : [];
    const running = await followed(place, faults);
    const cut = await cutOver(place, running);
    // Longer than the command: what is written after its end must have been refused.
    await sleep(ASK_EVERY_MS);
    const written = await writer.stop();
    const downS = (cut.endedMs - written.lastDoneMs) / 1_000;
    downtimes.push(downS);
    const { rows, failures } = await compared(place, cut.migrated);
    yield {
      scenario: 'cutover',
      what: `${place.layout}, ${faults.length > 0 ? 'killed, restarted' : 'again'}, ${writer.name}`,
      seconds: (performance.now() - startedMs) / 1_000,
      figures: {
        rows,
        writes: writesOf(written),
        refused: written.refused,
        away: written.away,
        unsure: Object.values(written.other).reduce((sum, count) => sum + count, 0),
        'down s': downS.toFixed(1),
      },
      failures: [...failures, ...cut.failures, ...failuresOf(written, faults.length > 0)],
      log: `${cut.migrated.stderr}\n${cut.command.stderr}`,
    };
    await run(place.postgresUri, cut.undo);
  }
  const seconds = median(downtimes);
  yield {
    scenario: 'cutover',
    what: `${place.layout}, median downtime`,
    seconds,
    figures: {
      target: `< ${TARGET_S} s ${seconds < TARGET_S ? 'met' : 'missed'}`,
      'from s': Math.min(...downtimes).toFixed(1),
      'to s': Math.max(...downtimes).toFixed(1),
    },
    failures: [],
    log: '',
  };
}

type Fault = (place: Place, running: RunningCommand) => Promise<RunningCommand>;

/** Follows the source until passes have ended before and after each fault. */
async function followed(place: Place, faults: readonly Fault[]): Promise<RunningCommand> {
  let running = startCommand(place.migration);
  await passes(place, running, 1);
  for (const fault of faults) {
    await sleep(WRITE_MS);
    running = await fault(place, running);
    await passes(place, running, 1);
  }
  return running;
}

const killed: Fault = async ({ migration }, running) => {
  await killAll(running);
  return startCommand({ ...migration, argv: [...migration.argv, '--resume'] });
};

const restarted: Fault = async ({ arena }, running) => {
  await arena.restart('postgres');
  return running;
};

/** Waits until the migration follows its source and so many more passes have ended. */
async function passes(place: Place, running: RunningCommand, more: number): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  await running.said(/Following/);
  let first: number | undefined;
  for (;;) {
    const status = await askStatus(place.migration);
    if (running.child.exitCode !== null) throw new Error(`It ended:\n${(await running.result).stderr.slice(-2_000)}`);
    const count = status?.phase === 'follow' ? status.follow?.passes : undefined;
    if (count !== undefined) first ??= count;
    if (count !== undefined && count >= (first ?? 0) + more) return;
    if (performance.now() > deadlineMs) throw new Error(`No pass ended in ${TIMEOUT_MS / 1_000} s`);
    await sleep(ASK_EVERY_MS);
  }
}

/** Null while the command's host does not answer yet. */
async function askStatus(migration: Migration): Promise<MigrationStatus | null> {
  const { exitCode, stdout } = await runCommand(migration.about('status'), 60_000);
  return exitCode === 0 ? (JSON.parse(stdout) as MigrationStatus) : null;
}

interface CutOver {
  readonly command: CommandResult;
  readonly migrated: CommandResult;
  /** When the command for the cut-over had ended, milliseconds since 1970. */
  readonly endedMs: number;
  readonly undo: readonly string[];
  readonly failures: readonly string[];
}

/** Asks for the cut-over, does what its command says, and waits for both commands. */
async function cutOver({ migration, postgresUri }: Place, running: RunningCommand): Promise<CutOver> {
  const cutting = startCommand(migration.about('cutover'));
  const isTold = await cutting.said(/pg_terminate_backend.*\n/);
  const fence = statementsIn(cutting.stderr());
  if (isTold) await run(postgresUri, fence);
  const command = await cutting.result;
  const endedMs = Date.now();
  const migrated = await running.result;
  const undo = statementsIn(command.stderr).slice(fence.length);
  const failures = [
    ...(command.exitCode === 0 ? [] : [`cutover ended with ${command.exitCode ?? command.signal}`]),
    ...(fence.length === 2 ? [] : [`${fence.length} statements for the fence`]),
    ...(undo.length === 3 ? [] : [`${undo.length} statements to undo it`]),
  ];
  return { command, migrated, endedMs, undo, failures };
}

function statementsIn(text: string): string[] {
  return text.split('\n').flatMap((line) => STATEMENT.exec(line)?.[1] ?? []);
}

async function run(uri: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Compares every row; what this test cannot read of the other layout, a comparison of its own run by the program. */
async function compared(
  { migration, layout }: Place,
  migrated: CommandResult,
): Promise<{ rows: number; failures: string[] }> {
  if (layout === 'tables') {
    const comparison = await migration.compare();
    return { rows: comparison.rows, failures: commonFailures(migrated, comparison) };
  }
  const argv = migration.argv.filter((argument) => argument !== '--follow' && argument !== '1' && argument !== '--yes');
  const result = await runCommand({ ...migration, argv: argv.toSpliced(2, 0, 'validate') }, TIMEOUT_MS);
  const { totals } = JSON.parse(result.stdout || '{"totals":{"total":0}}') as { totals: { total: number } };
  const failures =
    result.exitCode === 0 ? [] : [`validate ended with ${result.exitCode}: ${result.stderr.slice(-500)}`];
  return {
    rows: totals.total,
    failures: [...failures, ...(migrated.exitCode === 0 ? [] : [`exit code ${migrated.exitCode}`])],
  };
}

function writesOf({ done }: Written): number {
  return Object.values(done).reduce((sum, count) => sum + count, 0);
}

/**
 * A writer that was cut off in the middle does not know whether its last write was done, and asks MLflow later for what is not there
 * or is deleted already: `unsure` then, and no fault.
 */
function failuresOf({ refused, other }: Written, wasCutOff: boolean): string[] {
  return [
    ...(refused > 0 ? [] : ['no write was refused']),
    ...Object.entries(wasCutOff ? {} : other).map(([what, count]) => `${count} × ${what}`),
  ];
}
