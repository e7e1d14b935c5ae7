import type { BenchResult } from './benchResult.ts';

/** What a ratio is to reach: at least `value`, or at most. */
export interface Target {
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

/** One figure that the bench is made for. */
export interface Ratio {
  readonly key: string;
  readonly what: string;
  readonly unit: '×' | 's' | 'MB' | '%';
  readonly target: Target;
  /** Null where it was not measured; `missing` says why. */
  readonly value: number | null;
  readonly missing: string | null;
}

const NO_PLAIN_LOOP = 'the plain loop did not run';
const NO_PROCESSES = 'no /proc on this system';
const atLeast = (value: number): Target => ({ bound: 'at least', value });
const atMost = (value: number): Target => ({ bound: 'at most', value });

/**
 * All ratios of a result, which is all that they are made of. `reference` is a kept result at scale 10 of the same layout
 * and machine, for the rate at another scale; null where there is none.
 */
export function ratiosOf(result: BenchResult, reference: BenchResult | null): Ratio[] {
  const { layout, scale, seconds, rerunSeconds, catchUpSeconds, limits } = result;
  const loop = result.plainLoop?.seconds ?? null;
  const { host, storage, command } = result.peakMemoryMb;
  const isMlflow = layout === 'mlflow';
  const alone = result.withoutProof?.seconds ?? seconds;
  // The comparison begins beside the indexes: what both take more than these alone is what the proof takes.
  const proof = seconds.indexes + seconds.validate - alone.indexes;
  const ratio = (
    key: string,
    what: string,
    unit: Ratio['unit'],
    target: Target,
    value: number | null,
    missing: string | null = null,
  ): Ratio => ({ key, what, unit, target, value, missing: value === null ? missing : null });
  return [
    ratio(
      'copyAgainstLoop',
      'copy + indexes against the plain loop',
      '×',
      atLeast(4),
      loop === null ? null : loop / (alone.copy + alone.indexes),
      NO_PLAIN_LOOP,
    ),
    ratio(
      'wholeAgainstLoop',
      'the whole command with full proof against the plain loop',
      '×',
      atLeast(isMlflow ? 3.5 : 3),
      loop === null ? null : loop / seconds.command,
      NO_PLAIN_LOOP,
    ),
    ratio(
      'copyAgainstLimit',
      'copy against the insert limit',
      '×',
      atLeast(isMlflow ? 0.6 : 0.75),
      limits.insertFromMemory.seconds / seconds.copy,
    ),
    ratio('proofAgainstCopy', 'full proof against the copy', '×', atMost(0.6), proof / seconds.copy),
    ratio(
      'rerunAgainstFirst',
      'a rerun that changes nothing against the first run',
      '×',
      atMost(0.4),
      rerunSeconds.command / seconds.command,
    ),
    ratio('catchUp', '`--catch-up` of a proven target where nothing changed', 's', atMost(2), catchUpSeconds.command),
    ratio(
      'overhead',
      'CPU of storage, orchestration and command together',
      '%',
      atMost(5),
      result.overheadShare === null ? null : 100 * result.overheadShare,
      NO_PROCESSES,
    ),
    ratio(
      'rateByScale',
      'rows/s of the whole run against scale 10',
      '×',
      atLeast(0.9),
      reference === null || scale <= reference.scale
        ? null
        : result.rowsPerSecond.whole / reference.rowsPerSecond.whole,
      scale <= 10
        ? 'told by a larger scale, such as --scale 60'
        : 'no result at scale 10 of this layout and machine is kept',
    ),
    ratio(
      'memory',
      'peak memory of the largest process: host, storage, command',
      'MB',
      atMost(384),
      Math.max(host, storage ?? 0, command),
    ),
    ratio(
      'firstRow',
      'start of the command to the first row read',
      's',
      atMost(2),
      seconds.firstRow,
      'the log of the host tells no reading',
    ),
    ratio('appStart', 'cold start of the host with the app', 's', atMost(1), seconds.appStart, NO_PROCESSES),
  ];
}

/** Whether the figure alone reaches the target, unrounded; null where it was not measured. */
export function isMet({ value, target }: Ratio): boolean | null {
  if (value === null) return null;
  return target.bound === 'at least' ? value >= target.value : value <= target.value;
}

/** Such as `3.41 ×`. */
export function showFigure(value: number, unit: Ratio['unit']): string {
  const digits = unit === 'MB' ? 0 : unit === '%' ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** Such as `≥ 4 ×`. */
export function showTarget({ target, unit }: Ratio): string {
  return `${target.bound === 'at least' ? '≥' : '≤'} ${target.value} ${unit}`;
}

/** `met`, `not met`, or why there is no figure. */
export function showOutcome(ratio: Ratio): string {
  const met = isMet(ratio);
  if (met === null) return `not measured: ${ratio.missing}`;
  return met ? 'met' : 'not met';
}
