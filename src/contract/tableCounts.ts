import { z } from 'zod';

/**
 * Rows of one table: copied or seen equal, of them unchanged, errors (in a comparison: rows that differ), repaired, of them
 * rows that had no document. An array, as it stands in history for every unit; {@link countsOf} names its places.
 */
export type TableCounts = readonly [
  migrated: number,
  unchanged: number,
  errors: number,
  repaired: number,
  inserted: number,
];
export const TableCounts: z.ZodType<TableCounts> = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);

/** The same by name. */
export interface NamedCounts {
  readonly migrated: number;
  readonly unchanged: number;
  readonly errors: number;
  readonly repaired: number;
  readonly inserted: number;
}

/** Stored counts by name; of a table that has none yet all are 0. */
export function countsOf(stored: TableCounts | undefined): NamedCounts {
  const [migrated, unchanged, errors, repaired, inserted] = stored ?? [0, 0, 0, 0, 0];
  return { migrated, unchanged, errors, repaired, inserted };
}

/** Counts as they are stored; what is not named is 0. */
export function storedCounts(counts: Partial<NamedCounts>): TableCounts {
  const { migrated = 0, unchanged = 0, errors = 0, repaired = 0, inserted = 0 } = counts;
  return [migrated, unchanged, errors, repaired, inserted];
}

/** Rows of a table with more of it; what is not named is 0. */
export function addRows(before: TableCounts | undefined, more: Partial<NamedCounts>): TableCounts {
  const { migrated, unchanged, errors, repaired, inserted } = countsOf(before);
  return [
    migrated + (more.migrated ?? 0),
    unchanged + (more.unchanged ?? 0),
    errors + (more.errors ?? 0),
    repaired + (more.repaired ?? 0),
    inserted + (more.inserted ?? 0),
  ];
}

/** One of the counts, over all tables. */
export function sumOf(tables: Readonly<Record<string, TableCounts>>, count: keyof NamedCounts): number {
  return Object.values(tables).reduce((sum, stored) => sum + countsOf(stored)[count], 0);
}
