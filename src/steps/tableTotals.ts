import type { MigratedBy } from '../contract/facts.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import type { Plan } from '../contract/plan.ts';
import type { TableTotals } from '../contract/reportModel.ts';
import { MARKER_TABLES } from '../mlflow/layouts/tables/tablesLayout.ts';
import type { Standing } from './countStanding.ts';

/** Rows by table, and how those that count as migrated were found. */
export interface CountedTables {
  readonly tables: Readonly<Record<string, TableTotals>>;
  readonly migratedBy: MigratedBy;
  /** Where they were counted in the target: tables of which they could not be. Of these a comparison counts none, a migration what was acknowledged. */
  readonly uncounted: readonly string[];
}

const NO_COUNTS = [0, 0, 0, 0, 0] as const;

/**
 * Rows by table as they were seen: where every row was compared, those that were seen equal; where a run did not come to its
 * end, those that were counted in the target (`standing`, null where nothing could be); otherwise what the target
 * acknowledged. Nothing is taken off a total.
 */
export function tableTotals(
  request: MigrationRequest,
  state: MigrateState,
  plan: Plan,
  standing: Standing | null,
): CountedTables {
  const isWhole = state.problems.length === 0 && !state.isCancelled;
  const isCompared = isWhole && request.validate === 'full' && !request.dryRun;
  const isWritten = state.writer !== null;
  const failedCopies = new Set(state.copied.failures.map(({ table }) => table));
  const uncompared = new Set([...state.validated.failures, ...state.passed.failures].map(({ table }) => table));
  const unchecked = new Set(state.checks.unchecked);
  // A table may have documents in several collections, of which one was not counted.
  const documents = Object.fromEntries(Object.entries(state.documents).filter(([table]) => !unchecked.has(table)));
  const tables: Record<string, TableTotals> = {};
  const uncounted: string[] = [];
  for (const [table, planned] of Object.entries(plan.tableRows)) {
    const [copied, unchanged, copyErrors] = state.copied.tables[table] ?? NO_COUNTS;
    const [equal, , compared, repaired] = state.validated.tables[table] ?? NO_COUNTS;
    const unplaced = isWhole ? (state.checks.unplaced?.[table] ?? 0) : 0;
    const different = compared + unplaced;
    if (MARKER_TABLES.has(table)) {
      // Its rows are one document, which is written with the claim and looked at by the checks; a run that did not come to its end asks for it.
      const stands = isWhole ? undefined : standing?.counted[table];
      const migrated =
        stands ?? state.documents[table] ?? (isWritten || (isCompared && state.checks.at !== null) ? planned : 0);
      const stood = state.wasMarked || !isWritten ? migrated : 0;
      tables[table] = { total: planned, migrated, unchanged: stood, errors: 0, repaired: 0 };
    } else if (isCompared && !failedCopies.has(table) && !uncompared.has(table)) {
      // Where nothing was copied, what needed no repair stood there before.
      const stood = request.catchUp || !isWritten ? Math.max(0, equal - repaired) : unchanged;
      const standing = state.standing?.[table];
      // Rows that were compared and vanished since have no document any more: the documents were counted after that.
      const seen = standing ?? Math.min(equal, documents[table] ?? equal);
      const total = state.rows[table] ?? seen + different;
      const migrated = standing === undefined ? seen : Math.min(seen, Math.max(0, total - different));
      tables[table] = { total, migrated, unchanged: Math.min(stood, migrated), errors: different, repaired };
    } else if (isWhole && failedCopies.has(table)) {
      const errors = Math.max(planned - copied, copyErrors);
      tables[table] = { total: planned, migrated: copied, unchanged, errors, repaired };
    } else {
      const counted = !isWhole
        ? standing?.counted[table]
        : request.validateOnly
          ? (state.standing?.[table] ?? documents[table])
          : undefined;
      if (counted === undefined && planned > 0) uncounted.push(table);
      const migrated = counted ?? Math.max(copied, standing?.atLeast[table] ?? 0);
      const total = isWhole ? (state.rows[table] ?? planned) : planned;
      const errors = copyErrors + unplaced;
      tables[table] = { total, migrated, unchanged: Math.min(unchanged, migrated), errors, repaired };
    }
  }
  for (const [table, rows] of Object.entries(plan.unreadable)) {
    tables[table] = { total: rows, migrated: 0, unchanged: 0, errors: rows, repaired: 0 };
  }
  const isCountedAlone = isWhole && request.validateOnly && Object.keys(state.documents).length > 0;
  const migratedBy = isCompared
    ? 'compared'
    : isCountedAlone
      ? 'counted-in-target'
      : !isWritten
        ? 'nothing-written'
        : standing !== null && !isWhole
          ? 'counted-in-target'
          : 'acknowledged';
  return { tables, migratedBy, uncounted: migratedBy === 'counted-in-target' ? uncounted : [] };
}
