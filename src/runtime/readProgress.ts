import type { MigrateOutput } from '../contract/migration.ts';
import type { MigrationStatus, Phase, TableProgress } from '../contract/migrationStatus.ts';
import { PLAN_SUMMARY, type PlanSummary } from '../contract/plan.ts';
import { PROGRESS, type ProcessProgress } from '../contract/progress.ts';
import { EARLIER_SERIES, type ProgressSeries } from '../contract/progressSeries.ts';
import type { WorkSpan } from '../contract/workSpan.ts';
import { MARKER_TABLES } from '../mlflow/layouts/tables/buildTablesLayout.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { ifReadable } from './ifReadable.ts';
import { openRows, rowsToMeetAgain } from './openRows.ts';
import { mergeSeries, NO_SERIES } from './progressSeries.ts';
import { percentOf, secondsLeft, weightsOf } from './progressShare.ts';
import { getIfReadable, getRecord } from './records.ts';
import { joinSpans, millisecondsWithin } from './workSpans.ts';

/** Rates older than this no longer count: their process is idle or gone. */
const RATE_AGE_MS = 4_000;
/** Rates are those of so long before they are told (`RATE_READINGS` in progressCounter.ts), and are told for so long. */
const RATE_SPAN_MS = 5_000 + RATE_AGE_MS;

type Progress = Pick<
  MigrationStatus,
  | 'phase'
  | 'source'
  | 'target'
  | 'tables'
  | 'totals'
  | 'again'
  | 'rowsPerSecond'
  | 'bytesPerSecond'
  | 'throttled'
  | 'requestUnits'
  | 'percent'
  | 'secondsLeft'
  | 'indexes'
  | 'lastSignAt'
  | 'targetSilence'
>;

/** What is stored of a run's progress. */
interface StoredProgress {
  /** By its processes. */
  readonly parts: readonly ProcessProgress[];
  /** Did one of them store something that this version cannot read? */
  readonly hasUnreadable: boolean;
  readonly summary: PlanSummary | null;
}

/** A run at the instant at which its progress is asked for. */
export interface RunMoment {
  readonly phase: Phase;
  /** When the phase began (ISO 8601), null where that is not known. */
  readonly phaseSince?: string | null;
  /** Null until it has ended. */
  readonly output: MigrateOutput | null;
  readonly nowMs: number;
}

/**
 * Progress of a migration: of its output when it has ended, otherwise summed over what its processes have stored. The
 * percentage never falls: where rows are read anew, or the end proves less than was done, it stays where it was.
 */
export async function readProgress(
  blobs: BlobStore,
  id: string,
  { phase, phaseSince = null, output, nowMs }: RunMoment,
): Promise<Progress> {
  if (output === null) return currentProgress(await readStored(blobs, id), phase, nowMs, phaseSince);
  const final = finalProgress(output);
  if (output.status === 'completed') return final;
  const { percent, tables, totals } = currentProgress(await readStored(blobs, id), phase, nowMs);
  const kept = { ...final, percent: Math.max(final.percent, percent) };
  // An end without a report says nothing of rows: what was told of them stays.
  return Object.keys(final.tables).length > 0 ? kept : { ...kept, tables, totals };
}

function currentProgress(
  { parts, summary }: StoredProgress,
  phase: Phase,
  nowMs: number,
  phaseSince: string | null = null,
): Progress {
  const sum = (pick: (part: ProcessProgress) => number) => parts.reduce((total, part) => total + pick(part), 0);
  const fresh = parts.filter((part) => nowMs - Date.parse(part.updatedAt) < RATE_AGE_MS);
  const begun = openRows(parts);
  const tables: Record<string, TableProgress> = {};
  const finished: TableProgress[] = [];
  for (const [table, total] of Object.entries(summary?.tableRows ?? {})) {
    const done = (kind: 'copied' | 'validated') => sum((part) => part[kind][table] ?? 0);
    const open = (kind: 'copied' | 'validated') => begun[kind][table] ?? 0;
    // A range that was done twice counts twice here: never more than there is.
    const upTo = (rows: number) => Math.min(total, rows);
    const errors = sum((part) => part.errors[table] ?? 0);
    finished.push({ total, copied: upTo(done('copied')), validated: upTo(done('validated')), errors });
    // What no range carries was written with the claim, and checked before a run began to follow its source.
    const isProven = phase === 'follow' && MARKER_TABLES.has(table);
    if (isProven) {
      tables[table] = { total, copied: total, validated: total, errors };
      continue;
    }
    tables[table] = {
      total,
      copied: upTo(done('copied') + open('copied')),
      validated: upTo(done('validated') + open('validated')),
      errors,
    };
  }
  const totals = sumTables(Object.values(tables));
  const indexed = new Map(parts.flatMap((part) => Object.entries(part.indexed ?? {})));
  const weights = weightsOf(summary);
  const toIndex = summary?.phases?.indexedCollections;
  // Beside the comparison indexes are made until the window ends: once all are there, comparing is what goes on.
  const isBeyond = phase === 'indexes' && totals.validated > 0 && indexed.size === toIndex;
  const shown = isBeyond ? 'validate' : phase;
  // What processes told of the last seconds may be of the phase before: rows are moved in others than those that follow.
  const isComparing = (phase === 'validate' || phase === 'indexes') && totals.validated > 0;
  const isMoving = phase === 'copy' || isComparing;
  const isOfBefore = !isMoving && phaseSince !== null && nowMs - Date.parse(phaseSince) < RATE_SPAN_MS;
  const moving = isOfBefore ? [] : fresh;
  const rowsPerSecond = moving.reduce((total, part) => total + part.rowsPerSecond, 0);
  // Where nothing has moved lately, nobody knows when it will.
  const pace = rowsPerSecond === 0 ? 0 : fresh.reduce((total, part) => total + (part.pace ?? 0), 0);
  const requestUnits = sum((part) => part.requestUnits);
  const again = rowsToMeetAgain(parts, (part) => fresh.includes(part));
  return {
    phase: shown,
    source: summary?.source ?? null,
    target: summary?.target ?? null,
    tables,
    totals,
    ...(again === 0 ? {} : { again }),
    rowsPerSecond,
    bytesPerSecond: moving.reduce((total, part) => total + part.bytesPerSecond, 0),
    throttled: sum((part) => part.throttled),
    requestUnits: requestUnits > 0 ? Math.round(requestUnits) : null,
    // Of finished ranges alone: of what is begun again it would fall.
    percent: Math.max(summary?.reached ?? 0, percentOf(shown, weights, sumTables(finished), indexed)),
    secondsLeft: secondsLeft(shown, weights, totals, pace, { indexed, seconds: workedSince(parts, phaseSince, nowMs) }),
    indexes: shown === 'indexes' && toIndex !== undefined ? { done: indexed.size, total: toIndex } : null,
    targetSilence: fresh.find(({ silence }) => silence !== undefined)?.silence ?? null,
    lastSignAt: newest(parts.map(({ updatedAt }) => updatedAt)),
  };
}

/** For how many seconds there was work since an instant; by the clock where nobody has told. */
function workedSince(parts: readonly ProcessProgress[], since: string | null, nowMs: number): number {
  if (since === null) return 0;
  const span: WorkSpan = [Date.parse(since), nowMs];
  const work = joinSpans(parts.flatMap((part) => part.work ?? []));
  return millisecondsWithin(work.length === 0 ? [span] : work, span) / 1000;
}

async function readStored(blobs: BlobStore, id: string): Promise<StoredProgress> {
  // In this order: where the counts of a plan before are dropped meanwhile, the summary has the percentage that they came to.
  const { parts, hasUnreadable } = await readParts(blobs, id);
  const summary = await getIfReadable(blobs, blobPaths.summary(id), PLAN_SUMMARY);
  return { parts, hasUnreadable, summary };
}

async function readParts(blobs: BlobStore, id: string): Promise<Omit<StoredProgress, 'summary'>> {
  const paths = await blobs.list(blobPaths.progress(id));
  const read = await Promise.all(paths.map((path) => ifReadable(getRecord(blobs, path, PROGRESS))));
  return {
    parts: read.flatMap((part) => (part === null || part instanceof Error ? [] : [part])),
    hasUnreadable: read.some((part) => part instanceof Error),
  };
}

/**
 * Rows of each table as the work of a run has told them last, without anybody having counted; none where nothing of its plan
 * is stored. What is there and cannot be read tells at least that there was work.
 */
export async function readToldTables(
  blobs: BlobStore,
  id: string,
): Promise<{ readonly tables: Readonly<Record<string, TableProgress>>; readonly hasUnreadable: boolean }> {
  const stored = await readStored(blobs, id);
  return { tables: currentProgress(stored, 'report', 0).tables, hasUnreadable: stored.hasUnreadable };
}

/** The percentage that a run has reached, from which a plan that is made anew goes on; and the summary of the plan before it. */
export async function readReached(
  blobs: BlobStore,
  id: string,
): Promise<{ readonly percent: number; readonly summary: PlanSummary | null }> {
  const stored = await readStored(blobs, id);
  return { percent: currentProgress(stored, 'plan', 0).percent, summary: stored.summary };
}

/** A run over time, by what all its processes have noted. */
export async function readSeries(blobs: BlobStore, id: string): Promise<ProgressSeries> {
  const [{ parts }, before] = await Promise.all([
    readParts(blobs, id),
    getIfReadable(blobs, blobPaths.earlierSeries(id), EARLIER_SERIES),
  ]);
  return mergeSeries([before ?? NO_SERIES, ...parts.map(({ series }) => series ?? NO_SERIES)]);
}

/** When there was work on a run, as its processes have told; nothing where they are of an earlier release. */
export async function readWork(blobs: BlobStore, id: string): Promise<readonly WorkSpan[]> {
  const [{ parts }, before] = await Promise.all([
    readParts(blobs, id),
    getIfReadable(blobs, blobPaths.earlierSeries(id), EARLIER_SERIES),
  ]);
  return joinSpans([before ?? {}, ...parts].flatMap(({ work = [] }: Pick<ProcessProgress, 'work'>) => work));
}

/** Refused requests and request units of a run by what its processes have stored, as its status showed them. */
export async function storedLoad(
  blobs: BlobStore,
  id: string,
): Promise<Pick<ProcessProgress, 'throttled' | 'requestUnits'>> {
  const { parts } = await readParts(blobs, id);
  return {
    throttled: parts.reduce((total, part) => total + part.throttled, 0),
    requestUnits: parts.reduce((total, part) => total + part.requestUnits, 0),
  };
}

function finalProgress(output: MigrateOutput): Progress {
  const tables: Record<string, TableProgress> = {};
  for (const [table, totals] of Object.entries(output.tables)) {
    const { total, migrated: copied, errors } = totals;
    tables[table] = { total, copied, validated: validatedOf(output, table, copied), errors };
  }
  const totals = sumTables(Object.values(tables));
  const steps = output.validated === null ? 1 : 2;
  const done = totals.copied + (output.validated === null ? 0 : totals.validated);
  return {
    phase: 'done',
    source: output.source,
    target: output.target,
    tables,
    totals,
    // What earlier releases have left tells no time that was worked.
    rowsPerSecond: output.rowsPerSecond ?? 0,
    bytesPerSecond: 0,
    throttled: output.throttled,
    requestUnits: output.requestUnits,
    percent:
      output.status === 'completed'
        ? 100
        : totals.total === 0
          ? 0
          : Math.min(100, Math.floor((100 * done) / (totals.total * steps))),
    secondsLeft: null,
    indexes: null,
    targetSilence: null,
    lastSignAt: output.finishedAt,
  };
}

/** Rows of a table that were compared to the end. Outputs of earlier releases do not say: there it is so of runs that came to their end. */
function validatedOf({ validated, status }: MigrateOutput, table: string, migrated: number): number {
  if (validated !== undefined) return validated?.[table] ?? 0;
  return status === 'completed' || status === 'completed-with-errors' ? migrated : 0;
}

/** The latest of several instants, which are all written in one form. */
function newest(instants: readonly string[]): string | null {
  return instants.toSorted().at(-1) ?? null;
}

function sumTables(tables: readonly TableProgress[]): MigrationStatus['totals'] {
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
