import { type Flavour, isCharged } from '../contract/flavour.ts';
import type { Analysis, RequestUnitEstimate } from '../contract/migrationReport.ts';
import type { DatabaseOffer } from '../contract/plan.ts';
import { formatCount } from '../formatCount.ts';
import { describeOffer } from './databaseOffer.ts';

/** Rows a second that copying and validating together reach on a small machine (bench/results); an estimate errs on the slow side. */
const ROWS_PER_SECOND = 40_000;
const BYTES_PER_SECOND = 20 * 1024 * 1024;
/** Share of the throughput that a copy under the rate limiter gets to use. */
const USABLE_SHARE = 0.9;

/** One collection's size for an estimate. */
export interface CollectionSize {
  readonly table: string;
  readonly collection: string;
  readonly rows: number;
  readonly bytes: number;
  readonly indexTerms: number;
}

/** Request units of writing a document of that size with its index terms: cosmos-facts.md §9, linear between its points. */
export function writeCharge(bytes: number, indexTerms: number): number {
  const points: readonly (readonly [number, number])[] = [
    [1, 4.95],
    [2, 6.29],
    [4, 6.67],
    [8, 7.04],
    [16, 9.52],
    [32, 11.2],
    [64, 22.7],
    [128, 48],
    [256, 98],
    [512, 185],
    [1024, 625],
    [2048, 1250],
  ];
  const kilobytes = bytes / 1024;
  let [before, charge] = points[0] as readonly [number, number];
  for (const [size, cost] of points) {
    if (kilobytes <= size) {
      if (size === before) return cost + 0.2 * indexTerms;
      return charge + ((cost - charge) * (kilobytes - before)) / (size - before) + 0.2 * indexTerms;
    }
    before = size;
    charge = cost;
  }
  return charge * (kilobytes / before) + 0.2 * indexTerms;
}

/** Counts, sizes, time, and for request units what they mean at the throughput there is. */
export function estimate(
  sizes: readonly CollectionSize[],
  embedded: Readonly<Record<string, { rows: number; bytes: number; collection: string }>>,
  flavour: Flavour,
  requestUnitsPerSecond: number | null,
  offer: DatabaseOffer | null = null,
): Analysis {
  const tables: Record<string, { rows: number; bytes: number; collection: string }> = { ...embedded };
  for (const { table, rows, bytes, collection } of sizes) tables[table] = { rows, bytes, collection };
  const totalRows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0);
  const totalBytes = Object.values(tables).reduce((sum, table) => sum + table.bytes, 0);
  const requestUnits = isCharged(flavour) ? requestUnitEstimate(sizes, requestUnitsPerSecond, offer) : null;
  const plainSeconds = Math.max(totalRows / ROWS_PER_SECOND, totalBytes / BYTES_PER_SECOND);
  return {
    tables,
    totalRows,
    totalBytes,
    estimatedSeconds: Math.ceil(Math.max(1, requestUnits?.seconds ?? plainSeconds)),
    requestUnits,
  };
}

function requestUnitEstimate(
  sizes: readonly CollectionSize[],
  perSecond: number | null,
  offer: DatabaseOffer | null,
): RequestUnitEstimate {
  const told = offer === null ? '' : describeOffer(offer);
  const collections = told === '' ? '' : `. ${told}`;
  const total = Math.ceil(
    sizes.reduce((sum, size) => sum + size.rows * writeCharge(size.bytes / Math.max(1, size.rows), size.indexTerms), 0),
  );
  if (perSecond === null) {
    const isTold = offer?.kind === 'own' || offer?.kind === 'serverless';
    return {
      total,
      provisioned: null,
      seconds: null,
      meaning: `${isTold ? 'At' : 'The account does not say its throughput: at'} 400 RU/s copying takes ${duration(total / 400)}, at 4,000 RU/s ${duration(total / 4000)}${collections}`,
    };
  }
  const seconds = Math.ceil(total / (perSecond * USABLE_SHARE));
  const hourly = Math.ceil(total / 3600 / USABLE_SHARE / 100) * 100;
  return {
    total,
    provisioned: perSecond,
    seconds,
    meaning: `At ${formatCount(perSecond)} RU/s copying takes ${duration(seconds)}; to be done within an hour it needs ${formatCount(Math.max(400, hourly))} RU/s${collections}`,
  };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} seconds`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} hours`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}
