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
  const withIndexes = Math.min(
    total,
    [...indexed.values()].reduce((sum, rows) => sum + rows, 0),
  );
  const isIndexed = validated > 0 && phase !== 'indexes';
  const done =
    weights.copy * copied + weights.indexes * (isIndexed ? total : withIndexes) + weights.validate * validated;
  return Math.min(100, Math.floor((100 * done) / (total * all)));
}

/** Seconds left: what is left of this phase at its pace in rows a second, and the later ones by what they weigh against it; null where that cannot be said. */
export function secondsLeft(
  phase: Phase,
  weights: PhaseWeights,
  { total, copied, validated }: MigrationStatus['totals'],
  pace: number,
): number | null {
  if (pace <= 0 || (phase !== 'copy' && phase !== 'validate') || weights[phase] === 0) return null;
  const left = total - (phase === 'copy' ? copied : validated);
  const later = phase === 'copy' ? weights.indexes + weights.validate : 0;
  return Math.ceil(left / pace + ((total / pace) * later) / weights[phase]);
}
