import type { KeptProof } from '../../contract/proof.ts';
import { countsOf } from '../../contract/tableCounts.ts';
import { MigrationError } from '../../errors.ts';
import { formatCount } from '../../formatCount.ts';
import { listNames } from '../../listNames.ts';
import type { Survey } from './surveyTable.ts';

/**
 * Throws `conflict` where the database itself was written to since the proof, as the way back would undo that. A row that was inserted
 * or changed shows it by its transaction (`xmin`), which is not older than the proof's clock. One that was deleted leaves no trace
 * but in the number of rows: as many as at the proof must be there still, unless rows that came since make up for others that went.
 */
export function assertNotMovedOn(proof: KeptProof, surveys: Readonly<Record<string, Survey>>, display: string): void {
  const moved = Object.entries(surveys).flatMap(([table, { newer, written, rows }]) => {
    const before = countsOf(proof.tables[table]).migrated;
    if (newer > 0) return [`${table} (${formatCount(newer)} rows written)`];
    if (rows < before) return [`${table} (${formatCount(before - rows)} rows deleted)`];
    return rows !== before || written > 0 ? [`${table} (rows written)`] : [];
  });
  if (moved.length === 0) return;
  throw new MigrationError(
    'conflict',
    `${display} was written to since it was proven equal to the target at ${proof.clock.at ?? proof.comparedTo}: ${listNames(moved)}`,
    {
      hint: 'The way back would undo that, and nothing tells which of both is meant. Bring the documents back into an empty database of the same schema, and compare',
    },
  );
}
