import type { MigratedBy } from '../../contract/facts.ts';
import type { MigrateState } from '../../contract/migrateState.ts';
import type { TableTotals } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import { countsOf } from '../../contract/tableCounts.ts';
import type { PlannedWork } from '../../runtime/services.ts';
import type { Standing } from './countStanding.ts';
import { followedRows } from './followedRows.ts';

/** Rows by table, and how those that count as migrated were found. */
export interface CountedTables {
  readonly tables: Readonly<Record<string, TableTotals>>;
  readonly migratedBy: MigratedBy;
  /** Where they were counted in the target: tables of which they could not be. Of these a comparison counts none, a migration what was acknowledged. */
  readonly uncounted: readonly string[];
}

/** A run, as far as it came. */
interface Run {
  readonly request: MigrationRequest;
  readonly state: MigrateState;
  /** What was counted in the target after it, null where nothing could be. */
  readonly standing: Standing | null;
  /** Did it come to its end? */
  readonly isWhole: boolean;
  /** Did it, and was every row compared? */
  readonly isCompared: boolean;
  readonly isWritten: boolean;
}

/** Rows of one table, of which so many were planned, by one way to count them. */
type Count = (run: Run, table: string, planned: number) => TableTotals;

/**
 * Rows by table as they were seen: where every row was compared, those that were seen equal; where a run did not come to its
 * end, those that were counted in the target (`standing`, null where nothing could be); otherwise what the target
 * acknowledged. Nothing is taken off a total.
 */
export function tableTotals(
  request: MigrationRequest,
  state: MigrateState,
  { plan, layout }: PlannedWork,
  standing: Standing | null,
): CountedTables {
  const isWhole = state.problems.length === 0 && !state.isCancelled;
  const isCompared = isWhole && request.validate === 'full' && !request.dryRun;
  const run: Run = { request, state, standing, isWhole, isCompared, isWritten: state.writer !== null };
  const failedCopies = new Set(state.copied.failures.map(({ table }) => table));
  const uncompared = new Set([...state.validated.failures, ...state.passed.failures].map(({ table }) => table));
  const countOf = (table: string): Count => {
    if (layout.markerTables.has(table)) return countMarker;
    if (failedCopies.has(table)) return isWhole ? countFailedCopy : countArrived;
    return isCompared && !uncompared.has(table) ? countCompared : countArrived;
  };
  const tables: Record<string, TableTotals> = {};
  const uncounted: string[] = [];
  for (const [table, planned] of Object.entries(plan.tableRows)) {
    const count = countOf(table);
    tables[table] = count(run, table, planned);
    if (count === countArrived && planned > 0 && inTarget(run, table) === undefined) uncounted.push(table);
  }
  for (const [table, rows] of Object.entries(plan.unreadable)) {
    tables[table] = { total: rows, migrated: 0, unchanged: 0, errors: rows, repaired: 0 };
  }
  const migratedBy = howMigrated(run);
  return { tables, migratedBy, uncounted: migratedBy === 'counted-in-target' ? uncounted : [] };
}

function howMigrated({ request, state, standing, isWhole, isCompared, isWritten }: Run): CountedTables['migratedBy'] {
  if (isCompared) return 'compared';
  if (isWhole && request.validateOnly && Object.keys(state.documents).length > 0) return 'counted-in-target';
  if (!isWritten) return 'nothing-written';
  return standing !== null && !isWhole ? 'counted-in-target' : 'acknowledged';
}

/** Its rows are one document, which is written with the claim and looked at by the checks; a run that did not come to its end asks for it. */
const countMarker: Count = ({ state, standing, isWhole, isCompared, isWritten }, table, planned) => {
  const stands = isWhole ? undefined : standing?.counted[table];
  const isThere = isWritten || (isCompared && state.checks.at !== null);
  const migrated = stands ?? state.documents[table] ?? (isThere ? planned : 0);
  const unchanged = state.wasMarked || !isWritten ? migrated : 0;
  return { total: planned, migrated, unchanged, errors: 0, repaired: 0 };
};

/** Rows that were seen equal. */
const countCompared: Count = (run, table) => {
  const { request, state, isWritten } = run;
  const { unchanged: copiedUnchanged } = countsOf(state.copied.tables[table]);
  const { migrated: equal, errors: different, repaired } = countsOf(state.validated.tables[table]);
  const errors = different + unplacedRows(run, table);
  // Where nothing was copied, what needed no repair stood there before.
  const isCopied = !request.catchUp && state.isCopyLeftOut !== true;
  const unchanged = !isCopied || !isWritten ? Math.max(0, equal - repaired) : copiedUnchanged;
  const standing = state.standing?.[table];
  // Rows that were compared and vanished since have no document any more: the documents were counted after that.
  const seen = standing ?? Math.min(equal, countedDocuments(run, table) ?? equal);
  const total = state.rows[table] ?? seen + errors;
  const migrated = standing === undefined ? seen : Math.min(seen, Math.max(0, total - errors));
  return { total, migrated, unchanged: Math.min(unchanged, migrated), errors, repaired };
};

/** What was acknowledged before the copy failed; all that is missing of the plan are errors. */
const countFailedCopy: Count = ({ state }, table, planned) => {
  const { migrated, unchanged, errors: copyErrors } = countsOf(state.copied.tables[table]);
  const errors = Math.max(planned - migrated, copyErrors);
  return { total: planned, migrated, unchanged, errors, repaired: repairedRows(state, table) };
};

/** Rows that were counted in the target; where they were not, those that it acknowledged. */
const countArrived: Count = (run, table, planned) => {
  const { state, standing, isWhole } = run;
  const { migrated: copied, unchanged, errors: copyErrors } = countsOf(state.copied.tables[table]);
  const errors = copyErrors + unplacedRows(run, table);
  const followed = isWhole ? undefined : followedRows(state, table);
  const found = inTarget(run, table) ?? followed ?? Math.max(copied, standing?.atLeast[table] ?? 0);
  // What a pass that was broken off had written on top are rows of the source too.
  const rows = followed === undefined ? planned : Math.max(followed, found);
  const total = isWhole ? (state.rows[table] ?? planned) : rows;
  // Documents beyond that are of rows that went: of those there was no look in a run that did not come to its end.
  const migrated = isWhole ? found : Math.min(found, total);
  return { total, migrated, unchanged: Math.min(unchanged, migrated), errors, repaired: repairedRows(state, table) };
};

/** Rows as they were counted in the target, by a run that did not come to its end or that only compares; undefined where they were not. */
function inTarget(run: Run, table: string): number | undefined {
  if (!run.isWhole) return run.standing?.counted[table];
  return run.request.validateOnly ? (run.state.standing?.[table] ?? countedDocuments(run, table)) : undefined;
}

/** Documents of the table, unless one of its collections could not be checked. */
function countedDocuments({ state }: Run, table: string): number | undefined {
  return state.checks.unchecked.includes(table) ? undefined : state.documents[table];
}

function repairedRows(state: MigrateState, table: string): number {
  const { repaired } = countsOf(state.validated.tables[table]);
  return repaired;
}

/** Rows that the checks found without a document to stand in. */
function unplacedRows({ state, isWhole }: Run, table: string): number {
  return isWhole ? (state.checks.unplaced?.[table] ?? 0) : 0;
}
