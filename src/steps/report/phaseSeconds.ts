import type { MigrateState, PhaseStretch } from '../../contract/migrateState.ts';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import type { WorkSpan } from '../../contract/workSpan.ts';
import { millisecondsWithin } from '../../runtime/workSpans.ts';

/**
 * How long a run and its phases took. The whole is by the clock; of phases what nobody worked in them (`rests`) is taken off, so
 * that rates and comparisons with other runs are those of the work.
 */
export function phaseSeconds(
  { startedAt, seconds, stretches = [] }: Pick<MigrateState, 'startedAt' | 'seconds' | 'stretches'>,
  finishedAt: string,
  rests: readonly WorkSpan[],
): MigrationReport['seconds'] {
  const restIn = (span: WorkSpan) => millisecondsWithin(rests, span) / 1000;
  const spansOf = (phase: PhaseStretch[0]) =>
    stretches.flatMap(([of, from, to]): WorkSpan[] => (of === phase ? [[Date.parse(from), Date.parse(to)]] : []));
  const worked = (phase: 'copy' | 'indexes' | 'validate') =>
    Math.max(0, seconds[phase] - spansOf(phase).reduce((sum, span) => sum + restIn(span), 0));
  const whole: WorkSpan = [Date.parse(startedAt), Date.parse(finishedAt)];
  const beside = spansOf('beside').reduce((sum, [from, to]) => sum + (to - from) / 1000 - restIn([from, to]), 0);
  const rest = restIn(whole);
  return {
    total: Math.max(0, (whole[1] - whole[0]) / 1000),
    copy: worked('copy'),
    indexes: worked('indexes'),
    validate: worked('validate'),
    ...(beside > 0 ? { beside } : {}),
    ...(rest > 0 ? { rest } : {}),
  };
}
