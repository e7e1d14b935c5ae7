/** `npm run bench -- --scale N`: how fast a migration is, and how fast the two servers would let it be. See README.md. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { MigrationReport } from '../src/contract/migrationReport.ts';
import { MigrationError } from '../src/errors.ts';
import { copyToNowhere, insertFromMemory, type LimitSource, lookAtSource } from './limits.ts';
import { type MeasuredMigration, runMigration } from './migration.ts';
import { seedScale } from './seedScale.ts';
import { type BenchServers, openServers } from './servers.ts';

const USAGE = `npm run bench -- [--scale N] [--layout tables|mlflow] [--runs N]
Fills a database with N times 170,817 MLflow records, migrates it, and measures what the servers alone could do.
Prints one line of JSON. --runs: how often each is measured, default 3, from scale 10 on 1; figures are medians.`;

/** The tables that the original migration guide counts. */
const RECORD_TABLES = ['experiments', 'runs', 'metrics', 'params', 'tags', 'registered_models', 'model_versions'];
/** From here on, documents are prepared by collection, as all at once would not fit into memory everywhere. */
const GRADUAL_FROM_SCALE = 3;
const SINGLE_RUN_FROM_SCALE = 10;

/** One migration and both limits, measured one after the other. */
interface Round {
  readonly migration: MeasuredMigration;
  readonly copied: { readonly seconds: number; readonly rows: number };
  readonly inserted: { readonly seconds: number; readonly documents: number };
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const { scale, layout, runs } = readArguments();
const servers = await openServers(say).catch(fail);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void servers.stop().finally(() => process.exit(130)));
}
try {
  process.stdout.write(`${JSON.stringify(await measure(servers))}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await servers.stop();
}

async function measure(where: BenchServers): Promise<Record<string, unknown>> {
  const loadBefore = loadavg()[0] ?? 0;
  const date = new Date().toISOString();
  say(`Filling a database at scale ${scale}`);
  const postgresUri = await where.makeSource();
  await seedScale(postgresUri, scale);
  const source = await lookAtSource(postgresUri, layout);
  const rounds: Round[] = [];
  for (let round = 0; round <= runs; round++) {
    const measured = await measureRound(where, source);
    // The first one warms up caches, of the servers above all.
    if (round > 0) rounds.push(measured);
    say(`${round === 0 ? 'Warm-up' : `Run ${round} of ${runs}`}: ${describe(measured)}`);
  }
  return { ...summarise(rounds), machine: describeMachine(rounds), load: [loadBefore, loadavg()[0] ?? 0], date };
}

async function measureRound(where: BenchServers, source: LimitSource): Promise<Round> {
  const { directory } = where;
  const migration = await where.withTarget((mongodbUri) =>
    runMigration({ postgresUri: source.uri, mongodbUri, layout, directory }),
  );
  const copied = await copyToNowhere(source);
  const inserted = await where.withTarget((mongodbUri) =>
    insertFromMemory(source, mongodbUri, scale >= GRADUAL_FROM_SCALE),
  );
  return { migration, copied, inserted };
}

function summarise(rounds: readonly Round[]): Record<string, unknown> {
  const { report } = (rounds[0] as Round).migration;
  const middle = (figure: (round: Round) => number): number => rounded(median(rounds.map(figure)));
  const seconds = (name: keyof MigrationReport['seconds']) => middle(({ migration }) => migration.report.seconds[name]);
  const records = recordsOf(report);
  const copyAndValidate = ({ migration: { report: of } }: Round): number => of.seconds.copy + of.seconds.validate;
  const copy = ({ migration }: Round): number => migration.report.seconds.copy;
  const activities = Object.keys((rounds[0] as Round).migration.activitySeconds);
  return {
    scale,
    layout,
    runs,
    records,
    rows: report.totals.total,
    seconds: {
      total: seconds('total'),
      beforeCopy: middle(({ migration: { activitySeconds: of } }) =>
        ['preflight', 'makePlan', 'prepareTarget'].reduce((sum, name) => sum + (of[name] ?? 0), 0),
      ),
      copy: seconds('copy'),
      indexes: seconds('indexes'),
      validate: seconds('validate'),
      command: middle(({ migration }) => migration.commandSeconds),
    },
    activitySeconds: Object.fromEntries(
      activities.map((name) => [name, middle(({ migration }) => migration.activitySeconds[name] ?? 0)]),
    ),
    recordsPerSecond: {
      copy: Math.round(median(rounds.map((round) => records / copy(round)))),
      copyAndValidate: Math.round(median(rounds.map((round) => records / copyAndValidate(round)))),
    },
    rowsPerSecond: {
      copy: Math.round(median(rounds.map((round) => rowsOf(round) / copy(round)))),
      copyAndValidate: Math.round(median(rounds.map((round) => rowsOf(round) / copyAndValidate(round)))),
    },
    peakMemoryMb: {
      host: mebibytes(rounds.map(({ migration }) => migration.peakBytes.host)),
      command: mebibytes(rounds.map(({ migration }) => migration.peakBytes.command)),
    },
    limits: {
      copyToNowhere: {
        seconds: middle(({ copied }) => copied.seconds),
        rowsPerSecond: Math.round(median(rounds.map(({ copied }) => copied.rows / copied.seconds))),
      },
      insertFromMemory: {
        seconds: middle(({ inserted }) => inserted.seconds),
        documents: (rounds[0] as Round).inserted.documents,
        documentsPerSecond: Math.round(median(rounds.map(({ inserted }) => inserted.documents / inserted.seconds))),
      },
    },
    ratio: middle(ratioOf),
  };
}

/** Share of what the slower of the two servers could do: the time that it needs alone, by the time that the copy took. */
function ratioOf({ migration, copied, inserted }: Round): number {
  return Math.max(copied.seconds, inserted.seconds) / migration.report.seconds.copy;
}

function rowsOf({ migration }: Round): number {
  return migration.report.totals.total;
}

function recordsOf({ tables }: MigrationReport): number {
  return RECORD_TABLES.reduce((sum, name) => sum + (tables[name]?.total ?? 0), 0);
}

function describe(round: Round): string {
  const { migration, copied, inserted } = round;
  const { total, copy, indexes, validate } = migration.report.seconds;
  const ended = `${rowsOf(round).toLocaleString('en')} rows in ${total.toFixed(2)} s`;
  const phases = `copy ${copy.toFixed(2)}, indexes ${indexes.toFixed(2)}, validate ${validate.toFixed(2)}`;
  const limits = `COPY to nowhere ${copied.seconds.toFixed(2)}, inserts from memory ${inserted.seconds.toFixed(2)}`;
  return `${ended} (${phases}); limits: ${limits}; ratio ${ratioOf(round).toFixed(2)}`;
}

function describeMachine(rounds: readonly Round[]): Record<string, unknown> {
  const { environment } = (rounds[0] as Round).migration.report;
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    postgres: environment.postgres,
    mongodb: environment.target,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function mebibytes(bytes: readonly number[]): number {
  return Math.ceil(Math.max(...bytes) / 1024 ** 2);
}

function readArguments(): { scale: number; layout: 'tables' | 'mlflow'; runs: number } {
  try {
    const { values } = parseArgs({
      options: {
        scale: { type: 'string', default: '1' },
        layout: { type: 'string', default: 'tables' },
        runs: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      say(USAGE);
      process.exit(0);
    }
    const wantedScale = Number(values.scale);
    const wantedRuns = Number(values.runs ?? (wantedScale >= SINGLE_RUN_FROM_SCALE ? 1 : 3));
    const wantedLayout = values.layout;
    if (wantedLayout !== 'tables' && wantedLayout !== 'mlflow') throw new Error(`There is no layout ${wantedLayout}`);
    for (const number of [wantedScale, wantedRuns]) {
      if (!Number.isInteger(number) || number < 1) throw new Error('--scale and --runs take whole numbers from 1 on');
    }
    return { scale: wantedScale, layout: wantedLayout, runs: wantedRuns };
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

function fail(error: unknown): never {
  say(error instanceof MigrationError ? `${error.message}\n${error.hint}` : String(error));
  process.exit(1);
}
