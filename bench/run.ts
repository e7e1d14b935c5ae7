/** `npm run bench -- --scale N`: how fast a migration is, and how fast the two servers would let it be. See README.md. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { MigrationError } from '../src/errors.ts';
import type { BenchResult } from './benchResult.ts';
import { describe } from './describe.ts';
import { lookAtSource } from './limits.ts';
import type { MeasuredMigration } from './migration.ts';
import { canRunPlainLoop, HOW_TO_HAVE_BASELINE } from './plainLoop.ts';
import { ratiosOf } from './ratios.ts';
import { type BenchArguments, readArguments, USAGE } from './readArguments.ts';
import { keepResult, latestResult } from './resultFiles.ts';
import { measureRound, type Round, warmUp } from './round.ts';
import { seedScale } from './seedScale.ts';
import { type BenchServers, openServers } from './servers.ts';
import { summarise } from './summarise.ts';

const REFERENCE_SCALE = 10;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const asked = readOrEnd();
const hasBaseline = await decideBaseline(asked.baseline);
const servers = await openServers(say).catch(fail);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void servers.stop().finally(() => process.exit(130)));
}
try {
  const result = await measure(servers);
  const reference = latestResult(
    ({ scale, layout, machine: { cpu, cores } }) =>
      scale === REFERENCE_SCALE &&
      layout === result.layout &&
      cpu === result.machine.cpu &&
      cores === result.machine.cores,
  );
  say(`\n${describe(result, ratiosOf(result, reference?.result ?? null))}\n`);
  say(`Kept as bench/results/${keepResult(result)}`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await servers.stop();
}

async function measure(where: BenchServers): Promise<BenchResult> {
  const { scale, layout, runs, note } = asked;
  const loadBefore = loadavg()[0] ?? 0;
  const date = new Date().toISOString();
  say(`Filling a database at scale ${scale}`);
  const postgresUri = await where.makeSource();
  await seedScale(postgresUri, scale);
  const source = await lookAtSource(postgresUri, layout);
  const task = { servers: where, source, scale, layout, hasBaseline };
  say(`Warm-up: ${inWords(await warmUp(task))}`);
  const measureOne = async (number: number): Promise<Round> => {
    const round = await measureRound(task);
    say(`Run ${number} of ${runs}: ${inWords(round.migration)}`);
    return round;
  };
  const rounds: [Round, ...Round[]] = [await measureOne(1)];
  while (rounds.length < runs) rounds.push(await measureOne(rounds.length + 1));
  const { environment } = rounds[0].migration.report;
  return {
    scale,
    layout,
    runs,
    ...summarise(rounds),
    machine: {
      cores: availableParallelism(),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      memoryGb: Math.round(totalmem() / 1024 ** 3),
      node: process.versions.node,
      postgres: environment.postgres,
      mongodb: environment.target,
    },
    load: [loadBefore, loadavg()[0] ?? 0],
    note,
    date,
  };
}

function inWords({ report, commandSeconds }: MeasuredMigration): string {
  const { copy, indexes, validate } = report.seconds;
  const phases = `copy ${copy.toFixed(2)}, indexes ${indexes.toFixed(2)}, validate ${validate.toFixed(2)}`;
  return `${report.totals.total.toLocaleString('en')} rows in ${commandSeconds.toFixed(2)} s (${phases})`;
}

/** Says where the plain loop is left out; ends the process where it must run and cannot. */
async function decideBaseline(wanted: boolean | null): Promise<boolean> {
  if (wanted === false) {
    say('Without the plain loop, as asked: the ratios against it are not measured');
    return false;
  }
  if (await canRunPlainLoop()) return true;
  say(`The plain loop cannot run here: python3 with pymongo and psycopg2 is missing (${HOW_TO_HAVE_BASELINE})`);
  if (wanted === true) process.exit(1);
  say('The ratios against it are not measured');
  return false;
}

function readOrEnd(): BenchArguments {
  try {
    const values = readArguments(process.argv.slice(2));
    if (!values.wantsHelp) return values;
    say(USAGE);
    process.exit(0);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

function fail(error: unknown): never {
  say(error instanceof MigrationError ? `${error.message}\n${error.hint}` : String(error));
  process.exit(1);
}
