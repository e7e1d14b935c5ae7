import type { MigrateState } from '../../contract/migrateState.ts';
import { rowsFollowed } from '../../contract/rowsFollowed.ts';
import { countsOf } from '../../contract/tableCounts.ts';
import { addPass } from '../../contract/workSums.ts';

/**
 * Rows of a table that a run which follows its source has seen equal: those of its proof, and of its passes until its end, without
 * those whose documents it deleted. Undefined where there was no proof, or all was planned anew since, or nothing tells.
 */
export function followedRows(
  { following, replans, validated, passed, deleted }: MigrateState,
  table: string,
): number | undefined {
  if (following === undefined || replans > 0) return undefined;
  const stored = addPass(validated, passed).tables[table];
  if (stored === undefined) return undefined;
  return Math.max(0, rowsFollowed({ following, deleted }, table, countsOf(stored).migrated));
}
