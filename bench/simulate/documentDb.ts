/**
 * The DocumentDB engine, from trials of its open-source build (0.108, PostgreSQL 15.20, two shared cores, 27 November 2026).
 * Azure's build may be newer and set otherwise.
 */

/** It takes documents at half of mongod's speed to all of it: the middle. */
export const SPEED_AGAINST_MONGOD = 0.75;

/**
 * A compound unique index whose first field repeats grows quadratically, and it must be there first: 5,000 rows took 4.3 s
 * in an empty collection and 10 s behind 35,000 others (12 keys a run).
 */
const SECONDS_PER_ROW = 4.3 / 5_000;
const SECONDS_PER_ROW_BEFORE = (10 - 4.3) / 5_000 / 35_000;

/** Seconds that the index adds to so many rows, with so many of the collection before them. */
export function uniqueIndexSeconds(rows: number, before: number): number {
  return rows * (SECONDS_PER_ROW + SECONDS_PER_ROW_BEFORE * (before + rows / 2));
}

/** Builds on filled collections go through a queue: two at once, looked at every two seconds. */
const BUILDS_AT_ONCE = 2;
const LOOK_SECONDS = 2;

/** Seconds that so many builds wait in the queue, beside what they take. */
export function queueSeconds(builds: number): number {
  return Math.ceil(builds / BUILDS_AT_ONCE) * LOOK_SECONDS;
}
