import type { Flavour } from '../../src/contract/flavour.ts';
import type { CollectionPlan, WorkUnit } from '../../src/contract/plan.ts';
import { cutRanges, rangeCount } from '../../src/plan/cutRanges.ts';
import { writeCharge } from '../../src/plan/estimate.ts';
import { packUnits } from '../../src/plan/packUnits.ts';
import { rangeLimits } from '../../src/plan/rangeLimits.ts';

/**
 * Tables of bench/seed-scale.sql with their rows at scale 1, mean bytes of a row in PostgreSQL (rounded), fields in the
 * indexes of their collection, and whether one of these is unique over a field that repeats and another.
 */
const TABLES = [
  { table: 'experiments', rows: 284, bytes: 160, indexTerms: 5, hasCompoundUnique: false },
  { table: 'runs', rows: 6_013, bytes: 370, indexTerms: 9, hasCompoundUnique: false },
  { table: 'metrics', rows: 57_350, bytes: 120, indexTerms: 9, hasCompoundUnique: false },
  { table: 'params', rows: 71_003, bytes: 150, indexTerms: 2, hasCompoundUnique: true },
  { table: 'tags', rows: 34_791, bytes: 130, indexTerms: 2, hasCompoundUnique: true },
  { table: 'latest_metrics', rows: 18_921, bytes: 120, indexTerms: 1, hasCompoundUnique: false },
  { table: 'registered_models', rows: 212, bytes: 130, indexTerms: 3, hasCompoundUnique: false },
  { table: 'model_versions', rows: 1_164, bytes: 230, indexTerms: 5, hasCompoundUnique: true },
] as const;
const ROWS_AT_SCALE_1 = TABLES.reduce((sum, { rows }) => sum + rows, 0);

/** As `MAX_SAMPLES` and `SAMPLES_PER_RANGE` of src/source/sampleKeys.ts, where the keys come from a database. */
const MAX_SAMPLES = 50_000;
const SAMPLES_PER_RANGE = 100;

/** One unit of the plan: its rows by table, and what they are for a target. */
export interface UnitWork {
  readonly tables: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly bytes: number;
  /** Request units to write it, and to read it for the proof. */
  readonly writeCharge: number;
  readonly readCharge: number;
  /** Rows of collections with a compound unique index, each with how many of its collection are before it. */
  readonly uniqueRows: readonly { readonly rows: number; readonly before: number }[];
}

/** A database of any size in the pattern of the bench, planned by the real planner. */
export interface Workload {
  readonly rows: number;
  readonly bytes: number;
  readonly collections: readonly CollectionPlan[];
  readonly units: readonly WorkUnit[];
  readonly unit: (index: number) => UnitWork;
}

/** Plans about so many rows. `requestUnitsPerSecond` is what the target says that it has, null where it has no such limit. */
export function planWorkload(wanted: number, flavour: Flavour, requestUnitsPerSecond: number | null): Workload {
  const limits = rangeLimits(flavour === 'cosmos-ru' ? requestUnitsPerSecond : null);
  const collections = TABLES.map(({ table, rows: pattern, bytes: rowBytes }): CollectionPlan => {
    const rows = Math.max(1, Math.round((pattern * wanted) / ROWS_AT_SCALE_1));
    const bytes = rows * rowBytes;
    const count = rangeCount(rows, bytes, limits);
    const samples = count === 1 ? 0 : Math.min(MAX_SAMPLES, count * SAMPLES_PER_RANGE, rows);
    const keys = Array.from({ length: samples }, (_unused, index) => [String(index)]);
    return { collection: table, table, rows, bytes, ranges: cutRanges(keys, count) };
  });
  const units = packUnits(collections, limits);
  return {
    rows: collections.reduce((sum, { rows }) => sum + rows, 0),
    bytes: collections.reduce((sum, { bytes }) => sum + bytes, 0),
    collections,
    units,
    unit: (index) => unitWork(collections, units[index] as WorkUnit),
  };
}

function unitWork(collections: readonly CollectionPlan[], { ranges }: WorkUnit): UnitWork {
  const tables: Record<string, number> = {};
  const uniqueRows: { rows: number; before: number }[] = [];
  let [rows, bytes, writing, reading] = [0, 0, 0, 0];
  for (const [position, range] of ranges) {
    const collection = collections[position] as CollectionPlan;
    const traits = TABLES[position] as (typeof TABLES)[number];
    const before = Math.floor((collection.rows * range) / collection.ranges.length);
    const own = Math.floor((collection.rows * (range + 1)) / collection.ranges.length) - before;
    tables[traits.table] = (tables[traits.table] ?? 0) + own;
    rows += own;
    bytes += own * traits.bytes;
    writing += own * writeCharge(traits.bytes, traits.indexTerms);
    reading += own * readChargeOf(traits.bytes);
    if (traits.hasCompoundUnique) uniqueRows.push({ rows: own, before });
  }
  return { tables, rows, bytes, writeCharge: writing, readCharge: reading, uniqueRows };
}

/** Request units to read one document in a page of many: 1 for each KB, as a point read costs. Assumed, nobody has measured it for us. */
function readChargeOf(bytes: number): number {
  return bytes / 1_024;
}
