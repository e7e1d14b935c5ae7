import type { MigrateOutput } from '../orchestrators/messages.ts';
import type { MigrationStatus, Phase, TableProgress } from '../report/status.ts';
import { type BlobStore, getJson } from '../storage/blobs.ts';
import { blobPaths } from './blobPaths.ts';
import type { PlanSummary } from './makePlan.ts';
import type { ProcessProgress } from './pulse.ts';

/** Rates older than this no longer count: their process is idle or gone. */
const RATE_AGE_MS = 4_000;

type Progress = Pick<
  MigrationStatus,
  | 'source'
  | 'target'
  | 'tables'
  | 'totals'
  | 'rowsPerSecond'
  | 'bytesPerSecond'
  | 'throttled'
  | 'requestUnits'
  | 'percent'
  | 'secondsLeft'
  | 'lastSignAt'
>;

/** Progress of a migration: of its output when it has ended, otherwise summed over what its processes have stored. */
export async function readProgress(
  blobs: BlobStore,
  id: string,
  phase: Phase,
  output: MigrateOutput | null,
  elapsedMs: number,
  nowMs: number,
): Promise<Progress> {
  if (output !== null) return finalProgress(output, elapsedMs);
  const [summary, paths] = await Promise.all([
    getJson<PlanSummary>(blobs, blobPaths.summary(id)),
    blobs.list(blobPaths.progress(id)),
  ]);
  const parts = (await Promise.all(paths.map((path) => getJson<ProcessProgress>(blobs, path)))).filter(
    (part) => part !== null,
  );
  const sum = (pick: (part: ProcessProgress) => number) => parts.reduce((total, part) => total + pick(part), 0);
  const tables: Record<string, TableProgress> = {};
  for (const [table, total] of Object.entries(summary?.tableRows ?? {})) {
    tables[table] = {
      total,
      // A range that was done twice counts twice here: never more than there is.
      copied: Math.min(
        total,
        sum((part) => part.copied[table] ?? 0),
      ),
      validated: Math.min(
        total,
        sum((part) => part.validated[table] ?? 0),
      ),
      errors: sum((part) => part.errors[table] ?? 0),
    };
  }
  const totals = addUp(Object.values(tables));
  const fresh = parts.filter((part) => nowMs - Date.parse(part.updatedAt) < RATE_AGE_MS);
  const rowsPerSecond = fresh.reduce((total, part) => total + part.rowsPerSecond, 0);
  const steps = totals.total * (summary?.isValidated === true ? 2 : 1);
  const done = totals.copied + (summary?.isValidated === true ? totals.validated : 0);
  const isMoving = phase === 'copy' || phase === 'validate';
  const requestUnits = sum((part) => part.requestUnits);
  return {
    source: summary?.source ?? null,
    target: summary?.target ?? null,
    tables,
    totals,
    rowsPerSecond,
    bytesPerSecond: fresh.reduce((total, part) => total + part.bytesPerSecond, 0),
    throttled: sum((part) => part.throttled),
    requestUnits: requestUnits > 0 ? Math.round(requestUnits) : null,
    percent: steps === 0 ? 0 : Math.floor((100 * done) / steps),
    secondsLeft: rowsPerSecond > 0 && isMoving ? Math.ceil((steps - done) / rowsPerSecond) : null,
    lastSignAt: newest(parts.map(({ updatedAt }) => updatedAt)),
  };
}

function finalProgress(output: MigrateOutput, elapsedMs: number): Progress {
  const tables: Record<string, TableProgress> = {};
  for (const [table, totals] of Object.entries(output.tables)) {
    tables[table] = { total: totals.total, copied: totals.migrated, validated: totals.migrated, errors: totals.errors };
  }
  const totals = addUp(Object.values(tables));
  return {
    source: output.source,
    target: output.target,
    tables,
    totals,
    rowsPerSecond: Math.round((totals.copied * 1000) / elapsedMs),
    bytesPerSecond: 0,
    throttled: output.throttled,
    requestUnits: output.requestUnits,
    percent:
      output.status === 'completed' ? 100 : totals.total === 0 ? 0 : Math.floor((100 * totals.copied) / totals.total),
    secondsLeft: null,
    lastSignAt: output.finishedAt,
  };
}

/** The latest of several instants, which are all written in one form. */
function newest(instants: readonly string[]): string | null {
  return instants.toSorted().at(-1) ?? null;
}

function addUp(tables: readonly TableProgress[]): MigrationStatus['totals'] {
  return tables.reduce(
    (sum, table) => ({
      total: sum.total + table.total,
      copied: sum.copied + table.copied,
      validated: sum.validated + table.validated,
      errors: sum.errors + table.errors,
    }),
    { total: 0, copied: 0, validated: 0, errors: 0 },
  );
}
