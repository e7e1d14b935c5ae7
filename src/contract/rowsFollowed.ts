import type { MigrateState } from './migrateState.ts';

/**
 * Rows of a table that stand in the target after the passes of a run that follows its source, of which `seen` were seen equal by its proof and
 * these: where a pass has read all of the table, these alone; elsewhere with what was counted beside them, and without those whose
 * documents were deleted.
 */
export function rowsFollowed(
  { following, deleted }: Pick<MigrateState, 'following' | 'deleted'>,
  table: string,
  seen: number,
): number {
  if (following?.whole?.includes(table) === true) return seen;
  return seen + (following?.beside?.[table] ?? 0) - (deleted[table] ?? 0);
}
