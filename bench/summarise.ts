import type { MigrationReport } from '../src/contract/migrationReport.ts';
import type { BenchResult, WholeSeconds } from './benchResult.ts';
import { type CpuByPhase, cpuByPhase, overheadShare, type Phase } from './cpuByPhase.ts';
import { median, rounded } from './median.ts';
import type { MeasuredMigration } from './migration.ts';
import { mapProcesses, type ProcessName } from './processSampler.ts';
import type { Round } from './round.ts';

/** The tables that the original migration guide counts. */
const RECORD_TABLES = ['experiments', 'runs', 'metrics', 'params', 'tags', 'registered_models', 'model_versions'];
const BEFORE_COPY = ['preflight', 'makePlan', 'prepareTarget'];

/** What the rounds say together, without where and when they were run. */
export type Summary = Omit<BenchResult, 'scale' | 'layout' | 'runs' | 'machine' | 'load' | 'note' | 'date'>;

/** Medians of at least one round; of memory the most. A figure that a round has not is null. */
export function summarise(rounds: readonly [Round, ...Round[]]): Summary {
  const { report } = rounds[0].migration;
  const rows = report.totals.total;
  const records = recordsOf(report);
  const middle = (figure: (round: Round) => number): number => rounded(median(rounds.map(figure)));
  const middleOrNull = (figure: (round: Round) => number | null): number | null => {
    const known = rounds.map(figure).filter((value) => value !== null);
    return known.length === 0 ? null : rounded(median(known));
  };
  const seconds = (name: 'total' | 'copy' | 'indexes' | 'validate') =>
    middle(({ migration }) => migration.report.seconds[name]);
  const whole = (of: (round: Round) => MeasuredMigration): WholeSeconds => ({
    total: middle((round) => of(round).report.seconds.total),
    command: middle((round) => of(round).commandSeconds),
  });
  const perSecond = (count: number, of: (figures: MigrationReport['seconds']) => number) =>
    Math.round(median(rounds.map(({ migration }) => count / of(migration.report.seconds))));
  const cpu = rounds.map(({ migration }) => cpuOf(migration)).filter((phases) => phases !== null);
  const peak = (name: ProcessName): number | null => {
    const peaks = rounds.map(({ migration }) => migration.observation?.peakBytes[name] ?? 0);
    return Math.max(...peaks) === 0 ? null : mebibytes(peaks);
  };
  return {
    records,
    rows,
    seconds: {
      total: seconds('total'),
      beforeCopy: middle(({ migration: { log } }) =>
        BEFORE_COPY.reduce((sum, name) => sum + (log.activitySeconds[name] ?? 0), 0),
      ),
      copy: seconds('copy'),
      indexes: seconds('indexes'),
      validate: seconds('validate'),
      command: middle(({ migration }) => migration.commandSeconds),
      firstRow: middleOrNull(({ migration }) => migration.firstRowSeconds),
      appStart: middleOrNull(({ migration: { observation, log } }) =>
        observation?.hostSeenAt ? (log.listeningAt - observation.hostSeenAt) / 1000 : null,
      ),
    },
    withoutProof: {
      seconds: {
        command: middle(({ unproven }) => unproven.commandSeconds),
        copy: middle(({ unproven }) => unproven.report.seconds.copy),
        indexes: middle(({ unproven }) => unproven.report.seconds.indexes),
      },
      cpuSeconds: medianCpu(rounds.map(({ unproven }) => cpuOf(unproven))),
    },
    rerunSeconds: whole(({ rerun }) => rerun),
    catchUpSeconds: whole(({ catchUp }) => catchUp),
    plainLoop: rounds.every(({ plainLoop }) => plainLoop !== null)
      ? { seconds: middle(({ plainLoop }) => plainLoop?.seconds ?? Number.NaN) }
      : null,
    cpuSeconds: medianCpu(cpu),
    foreignCpuSeconds: middleOrNull(({ migration }) => migration.observation?.foreignSeconds ?? null),
    overheadShare: cpu.length === 0 ? null : rounded(median(cpu.map(overheadShare))),
    activitySeconds: Object.fromEntries(
      Object.keys(rounds[0].migration.log.activitySeconds).map((name) => [
        name,
        middle(({ migration }) => migration.log.activitySeconds[name] ?? 0),
      ]),
    ),
    recordsPerSecond: {
      copy: perSecond(records, ({ copy }) => copy),
      copyAndValidate: perSecond(records, ({ copy, validate }) => copy + validate),
    },
    rowsPerSecond: {
      copy: perSecond(rows, ({ copy }) => copy),
      copyAndValidate: perSecond(rows, ({ copy, validate }) => copy + validate),
      whole: perSecond(rows, ({ total }) => total),
    },
    peakMemoryMb: {
      host: mebibytes(rounds.map(({ migration }) => migration.peakBytes.host)),
      storage: peak('storage'),
      command: mebibytes(rounds.map(({ migration }) => migration.peakBytes.command)),
      mongod: peak('mongod'),
      postgres: peak('postgres'),
    },
    limits: {
      copyToNowhere: {
        seconds: middle(({ copied }) => copied.seconds),
        rowsPerSecond: Math.round(median(rounds.map(({ copied }) => copied.rows / copied.seconds))),
      },
      insertFromMemory: {
        seconds: middle(({ inserted }) => inserted.seconds),
        documents: rounds[0].inserted.documents,
        documentsPerSecond: Math.round(median(rounds.map(({ inserted }) => inserted.documents / inserted.seconds))),
      },
    },
    ratio: middle(
      ({ migration, copied, inserted }) => Math.max(copied.seconds, inserted.seconds) / migration.report.seconds.copy,
    ),
  };
}

function cpuOf({ observation, report }: MeasuredMigration): CpuByPhase | null {
  return observation === null ? null : cpuByPhase(observation.samples, report);
}

function medianCpu(measured: readonly (CpuByPhase | null)[]): CpuByPhase | null {
  const all = measured.filter((phases) => phases !== null);
  if (all.length === 0) return null;
  const of = (phase: Phase) => mapProcesses((name) => rounded(median(all.map((phases) => phases[phase][name]))));
  return {
    before: of('before'),
    copy: of('copy'),
    indexes: of('indexes'),
    validate: of('validate'),
    after: of('after'),
  };
}

function recordsOf({ tables }: MigrationReport): number {
  return RECORD_TABLES.reduce((sum, name) => sum + (tables[name]?.total ?? 0), 0);
}

function mebibytes(bytes: readonly number[]): number {
  return Math.ceil(Math.max(...bytes) / 1024 ** 2);
}
