import { z } from 'zod';
import { addAllDigests, afterChange, type StoredDigest, StoredDigests } from './collectionDigest.ts';
import type { Unlisted } from './migrationReport.ts';
import type { Shape } from './shape.ts';
import { addRows, countsOf, storedCounts, TableCounts } from './tableCounts.ts';
import { TableFailure, ToWrite } from './unit.ts';

const unlisted: z.ZodType<Unlisted> = z.tuple([z.number(), z.number(), z.number()]);

/** Sums over units, as a lane gives them back and the migration adds them up. */
export const WorkSums = z.object({
  tables: z.record(z.string(), TableCounts),
  bytes: z.number(),
  throttled: z.number(),
  requests: z.number(),
  requestUnits: z.number(),
  failures: z.array(TableFailure),
  /** Tables of which every row was read, though only changed ones were asked for. */
  whole: z.array(z.string()),
  hasTypeDifference: z.boolean(),
  /** Documents that were compared by checksum, as their rows had not changed since they were copied. Absent means none. */
  byChecksum: z.exactOptional(z.number()),
  findingCount: z.number(),
  /** Findings that are not listed, by table. */
  unlisted: z.exactOptional(z.record(z.string(), unlisted)),
  /** Documents that a comparison which may not write found missing or different, by table. */
  toWrite: z.exactOptional(z.record(z.string(), ToWrite)),
  /** Of collections whose rows were all compared: the documents as they stood then. Passes over changes keep them up to date. */
  digests: z.exactOptional(StoredDigests),
  /** Of a pass over changes: what it has changed in them. */
  digestChanges: z.exactOptional(StoredDigests),
});
export type WorkSums = Shape<typeof WorkSums>;

/** What sums begin with. */
export const NO_SUMS: WorkSums = {
  tables: {},
  bytes: 0,
  throttled: 0,
  requests: 0,
  requestUnits: 0,
  failures: [],
  whole: [],
  hasTypeDifference: false,
  findingCount: 0,
};

/**
 * Rows of before with those of a catch-up pass. Where the pass read every row of a table, its counts stand for all; elsewhere
 * rows that had no document came on top, and rows that still differ are those of before or new ones.
 */
export function addPass(before: WorkSums, pass: WorkSums): WorkSums {
  const sums = addSums(before, { ...pass, tables: {} });
  const tables: Record<string, TableCounts> = { ...before.tables };
  for (const [table, stored] of Object.entries(pass.tables)) {
    const known = countsOf(tables[table]);
    const { migrated: equal, errors: different, repaired, inserted } = countsOf(stored);
    const isWhole = pass.whole.includes(table);
    tables[table] = storedCounts({
      migrated: isWhole ? equal : known.migrated + inserted,
      unchanged: known.unchanged,
      errors: isWhole ? different : Math.max(known.errors, different),
      repaired: known.repaired + repaired,
      inserted: known.inserted + inserted,
    });
  }
  const unlisted: Record<string, Unlisted> = { ...before.unlisted };
  for (const [table, counts] of Object.entries(pass.unlisted ?? {})) unlisted[table] = most(unlisted[table], counts);
  for (const table of pass.whole) {
    if (unlisted[table] !== undefined) unlisted[table] = pass.unlisted?.[table] ?? [0, 0, 0];
  }
  const { digestChanges: _added, ...rest } = sums;
  return { ...rest, tables, whole: [], unlisted, digests: digestsAfter(before, pass) };
}

/** Of collections that the pass has read as a whole its own digest stands; elsewhere what it has written comes on top. */
function digestsAfter(before: WorkSums, pass: WorkSums): StoredDigests {
  const digests: Record<string, StoredDigest> = { ...before.digests, ...pass.digests };
  for (const [collection, change] of Object.entries(pass.digestChanges ?? {})) {
    const after = afterChange(digests[collection], change);
    if (after !== undefined) digests[collection] = after;
  }
  return digests;
}

/** Of findings that two steps may have met alike: no fewer than either of them. */
function most(a: Unlisted | undefined, b: Unlisted): Unlisted {
  return [Math.max(a?.[0] ?? 0, b[0]), Math.max(a?.[1] ?? 0, b[1]), Math.max(a?.[2] ?? 0, b[2])];
}

/** Tables that are kept as failed: histories carry them, and what is forgotten would be tried again. */
const MAX_FAILURES = 200;

/** Adds sums; of the failures one for each table is kept, as histories carry them. */
export function addSums(a: WorkSums, b: WorkSums): WorkSums {
  const tables: Record<string, TableCounts> = { ...a.tables };
  for (const [table, counts] of Object.entries(b.tables)) tables[table] = addRows(tables[table], countsOf(counts));
  const failures = new Map<string, TableFailure>();
  for (const failure of [...a.failures, ...b.failures]) {
    if (!failures.has(failure.table)) failures.set(failure.table, failure);
  }
  return {
    tables,
    bytes: a.bytes + b.bytes,
    throttled: a.throttled + b.throttled,
    requests: a.requests + b.requests,
    requestUnits: a.requestUnits + b.requestUnits,
    failures: [...failures.values()].slice(0, MAX_FAILURES),
    whole: [...new Set([...a.whole, ...b.whole])],
    hasTypeDifference: a.hasTypeDifference || b.hasTypeDifference,
    byChecksum: (a.byChecksum ?? 0) + (b.byChecksum ?? 0),
    findingCount: a.findingCount + b.findingCount,
    unlisted: addCounts(a.unlisted ?? {}, b.unlisted ?? {}),
    toWrite: addCounts(a.toWrite ?? {}, b.toWrite ?? {}),
    digests: addAllDigests(a.digests, b.digests),
    digestChanges: addAllDigests(a.digestChanges, b.digestChanges),
  };
}

/** Sums of counts by table. */
function addCounts<Counts extends readonly number[]>(
  a: Readonly<Record<string, Counts>>,
  b: Readonly<Record<string, Counts>>,
): Record<string, Counts> {
  const sums = { ...a } as Record<string, Counts>;
  for (const [table, counts] of Object.entries(b)) {
    const before = sums[table];
    sums[table] =
      before === undefined
        ? counts
        : (counts.map((count, index) => count + (before[index] as number)) as unknown as Counts);
  }
  return sums;
}
