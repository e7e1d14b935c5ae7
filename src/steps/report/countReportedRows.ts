import type { MigrateState } from '../../contract/migrateState.ts';
import type { Services } from '../../runtime/services.ts';
import { countStanding } from './countStanding.ts';
import type { RecalledWork, ReportedRun } from './recallWork.ts';
import { type CountedTables, tableTotals } from './tableTotals.ts';

/** Rows by table: as they were seen or counted, or, where nobody can say that, as the work told them last. */
export async function countReportedRows(
  services: Services,
  { id, request, state }: ReportedRun,
  { planned, writer, mayHaveCopied, told }: RecalledWork,
  signal: AbortSignal,
): Promise<CountedTables> {
  const unknown: CountedTables = { tables: totalsOf(told), migratedBy: 'not-counted', uncounted: [] };
  if (planned === null) return mayHaveCopied ? unknown : { ...unknown, tables: {}, migratedBy: 'nothing-written' };
  if (writer === null) return mayHaveCopied ? unknown : tableTotals(request, state, planned, null);
  const isLost = state.problems.some(({ kind }) => kind === 'target-unreachable');
  const run = { id, request, writer, isLost };
  const standing = isWhole(state) ? null : await countStanding(services, run, planned, signal);
  const counted = tableTotals(request, state, planned, standing);
  if (isWhole(state) || standing !== null) return counted;
  // The state of a run that Durable ended, or that was begun again, lacks what was acknowledged since.
  const acknowledged = Object.values(counted.tables).reduce((sum, { migrated }) => sum + migrated, 0);
  return Object.values(told).reduce((sum, { copied }) => sum + copied, 0) > acknowledged ? unknown : counted;
}

/** Did it come through all its steps? */
export function isWhole({ problems, isCancelled }: MigrateState): boolean {
  return problems.length === 0 && !isCancelled;
}

function totalsOf(told: RecalledWork['told']): CountedTables['tables'] {
  return Object.fromEntries(
    Object.entries(told).map(([table, { total, copied, errors }]) => {
      return [table, { total, migrated: copied, unchanged: 0, errors, repaired: 0 }];
    }),
  );
}
