import type { MigrationStatus, Phase } from '../contract/migrationStatus.ts';
import type { PlanSummary } from '../contract/plan.ts';
import type { PhaseWeights } from '../plan/phaseWeights.ts';

/** Summaries of earlier releases share the time out among copying and validation alone. */
export function weightsOf(summary: PlanSummary | null): PhaseWeights {
  return summary?.phases ?? { copy: 1, indexes: 0, validate: summary?.isValidated === true ? 1 : 0 };
}

/**
 * The percentage that counted rows and built indexes come to; `indexed` has the rows of collections whose indexes are there. What is
 * compared in any other phase than `indexes` has all of them, or needs none.
 */
export function percentOf(
  phase: Phase,
  weights: PhaseWeights,
  { total, copied, validated }: MigrationStatus['totals'],
  indexed: ReadonlyMap<string, number>,
): number {
  const all = weights.copy + weights.indexes + weights.validate;
  if (total === 0 || all === 0) return 0;
  const withIndexes = indexedRows(total, indexed);
  const isIndexed = validated > 0 && phase !== 'indexes';
  const done =
    weights.copy * copied + weights.indexes * (isIndexed ? total : withIndexes) + weights.validate * validated;
  return Math.min(100, Math.floor((100 * done) / (total * all)));
}

/** Rows whose collections have their indexes, never more than there are. */
function indexedRows(total: number, indexed: ReadonlyMap<string, number>): number {
  return Math.min(
    total,
    [...indexed.values()].reduce((sum, rows) => sum + rows, 0),
  );
}

/** Indexes that are made beside the comparison: which there are, and for how many seconds they have been made. */
export interface Building {
  readonly indexed: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** What takes longer than it weighs goes on for as much of the time that it took so far: nobody knows better. */
const OVERRUN = 0.2;

/**
 * Seconds left: what is left of this phase at its pace in rows a second, and the later ones by what they weigh against it; null where
 * that cannot be said. Beside the indexes it is the comparison that has a pace, and the longer of both that is waited for.
 */
export function secondsLeft(
  phase: Phase,
  weights: PhaseWeights,
  { total, copied, validated }: MigrationStatus['totals'],
  pace: number,
  { indexed, seconds }: Building,
): number | null {
  const isBeside = phase === 'indexes' && validated > 0;
  const measured = isBeside ? 'validate' : phase;
  if (pace <= 0 || (measured !== 'copy' && measured !== 'validate') || weights[measured] === 0) return null;
  const left = (total - (measured === 'copy' ? copied : validated)) / pace;
  const wholeOf = (weight: number) => ((total / pace) * weight) / weights[measured];
  if (!isBeside) {
    const later = measured === 'copy' ? weights.indexes + weights.validate : 0;
    return Math.ceil(left + wholeOf(later));
  }
  const whole = wholeOf(weights.indexes);
  const unbuilt = total === 0 ? 0 : 1 - indexedRows(total, indexed) / total;
  return Math.ceil(Math.max(left, Math.min(whole * unbuilt, Math.max(whole - seconds, seconds * OVERRUN))));
}
