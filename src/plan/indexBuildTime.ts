/** One collection's share in the building of indexes. */
export interface IndexedCollection {
  readonly rows: number;
  /** Unique indexes over several fields. */
  readonly compoundUnique: number;
  readonly others: number;
}

/** Seconds that the DocumentDB engine takes to build indexes. */
export interface IndexBuildTime {
  readonly total: number;
  /** Of it for unique indexes over several fields. */
  readonly compoundUnique: number;
}

/**
 * Trials of the engine's open-source build (cosmos-facts.md §13: 0.108, PostgreSQL 15.20, two shared cores, 12 keys a run). A unique index
 * over several fields whose first one repeats is there before the first document, and grows quadratically: 5,000 rows took
 * 4.3 s in an empty collection and 10 s behind 35,000 others.
 */
const SECONDS_PER_ROW = 4.3 / 5_000;
const SECONDS_PER_ROW_BEFORE = (10 - 4.3) / 5_000 / 35_000;
/** A plain index of 80,000 rows took 4 s, one of 20,000 1 s. */
const PLAIN_SECONDS_PER_ROW = 4 / 80_000;
/** Builds on filled collections go through a queue: two at once, looked at every two seconds. */
const BUILDS_AT_ONCE = 2;
const LOOK_SECONDS = 2;

/** Seconds that a unique index over several fields adds to so many rows, with so many of the collection before them. */
export function uniqueIndexSeconds(rows: number, before: number): number {
  return rows * (SECONDS_PER_ROW + SECONDS_PER_ROW_BEFORE * (before + rows / 2));
}

/** Seconds that so many builds wait in the queue, beside what they take. */
export function queueSeconds(builds: number): number {
  return Math.ceil(builds / BUILDS_AT_ONCE) * LOOK_SECONDS;
}

/** What the indexes of these collections take there. Azure's build may be newer and its clusters larger: an order of magnitude. */
export function indexBuildTime(collections: readonly IndexedCollection[]): IndexBuildTime {
  let compoundUnique = 0;
  let plain = 0;
  let builds = 0;
  for (const { rows, compoundUnique: unique, others } of collections) {
    compoundUnique += unique * uniqueIndexSeconds(rows, 0);
    plain += others * rows * PLAIN_SECONDS_PER_ROW;
    builds += rows === 0 ? 0 : others;
  }
  return { compoundUnique, total: compoundUnique + plain + queueSeconds(builds) };
}
