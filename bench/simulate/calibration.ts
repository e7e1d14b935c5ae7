import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from '../benchResult.ts';

/** The result of a real run that the model's constants are read from; one at another scale tells its error. */
export const CALIBRATED_BY = '2026-11-28-scale-10-tables.json';
export const CHECKED_BY: readonly string[] = ['2026-11-28-scale-1-tables.json', '2026-11-28-scale-60-tables.json'];

/** Who works on a row. */
export const PARTIES = ['host', 'mongod', 'postgres'] as const;
export type Party = (typeof PARTIES)[number];

/** CPU seconds of each party for one row. */
export type RowCost = Readonly<Record<Party, number>>;

/** Steps that take as long however much data there is, by all that one file can tell. */
const FIXED_STEPS = [
  'preflight',
  'makePlan',
  'prepareTarget',
  'readSourceClock',
  'releaseTarget',
  'writeReport',
] as const;
/** Steps that look at whole collections. */
const LINEAR_STEPS = ['findVanished', 'checkCollections'] as const;

/** What one real run says of the machine and the program. */
export interface Calibration {
  readonly rows: number;
  readonly cores: number;
  readonly copy: RowCost;
  readonly validate: RowCost;
  /** Share of all cores that the run kept busy in a phase. */
  readonly busyShare: { readonly copy: number; readonly indexes: number; readonly validate: number };
  /** Seconds of steps that take as long for any data, and for one row of steps that go over all of it. */
  readonly fixedSeconds: Readonly<Record<string, number>>;
  readonly rowSeconds: Readonly<Record<string, number>>;
  readonly seconds: { readonly total: number; readonly copy: number; readonly indexes: number };
}

/** Reads a kept result. Throws where it has no CPU seconds, as those of other systems than Linux. */
export function readCalibration(file: string): Calibration {
  const result = readResult(file);
  const { rows, cpuSeconds, machine, activitySeconds } = result;
  const alone = result.withoutProof ?? { seconds: result.seconds, cpuSeconds };
  if (cpuSeconds === null || alone.cpuSeconds === null) throw new Error(`${file} has no CPU seconds`);
  // Steps beside the units of a phase are steps of their own here, and take their part of its CPU.
  const besideSeconds = LINEAR_STEPS.reduce((sum, step) => sum + (activitySeconds[step] ?? 0), 0);
  const building = alone.cpuSeconds.indexes;
  // Where the comparison has begun beside the indexes, what both took but for the indexes alone is its own.
  const isBeside = result.withoutProof !== undefined;
  const cpuOf = (phase: 'copy' | 'validate', party: Party): number =>
    phase === 'validate' && isBeside
      ? cpuSeconds.validate[party] + cpuSeconds.indexes[party] - building[party]
      : cpuSeconds[phase][party];
  const seconds = {
    total: result.seconds.total,
    copy: result.seconds.copy,
    indexes: alone.seconds.indexes,
    validate: result.seconds.validate + (isBeside ? result.seconds.indexes : 0),
  };
  const unitShare = { copy: 1, validate: 1 - besideSeconds / seconds.validate };
  const cost = (phase: 'copy' | 'validate'): RowCost => {
    const part = unitShare[phase] / rows;
    const [host, mongod, postgres] = PARTIES.map((party) => cpuOf(phase, party) * part) as [number, number, number];
    return { host, mongod, postgres };
  };
  const sum = (of: (party: Party) => number) => PARTIES.reduce((all, party) => all + of(party), 0);
  const cores = (phase: keyof typeof seconds) => seconds[phase] * machine.cores;
  const busyShare = {
    copy: sum((party) => cpuOf('copy', party)) / cores('copy'),
    indexes: sum((party) => building[party]) / cores('indexes'),
    // What goes on beside it counts where both were measured together.
    validate: sum((party) => cpuOf('validate', party) + (isBeside ? building[party] : 0)) / cores('validate'),
  };
  return {
    rows,
    cores: machine.cores,
    copy: cost('copy'),
    validate: cost('validate'),
    busyShare,
    fixedSeconds: Object.fromEntries(FIXED_STEPS.map((step) => [step, activitySeconds[step] ?? 0])),
    rowSeconds: Object.fromEntries(LINEAR_STEPS.map((step) => [step, (activitySeconds[step] ?? 0) / rows])),
    seconds,
  };
}

/** A result below bench/results. */
export function readResult(file: string): BenchResult {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../results', file), 'utf8')) as BenchResult;
}
