import type { Finding } from '../../contract/migrationReport.ts';

/** What comparing the numbers of one collection came to. */
export interface CountResult {
  /** Rows that were seen, with or without a document that is equal; 0 where nothing was compared. */
  readonly rows: number;
  readonly findings: readonly Finding[];
  /** Are there, or may there be, documents that no row has? */
  readonly hasSurplus: boolean;
  /** Were fewer rows read than the source counts? */
  readonly isMissing?: boolean;
  /** Are the documents not those that the passes should have left? */
  readonly isStale?: boolean;
}

/** For collections that nothing was compared of, or whose numbers are right. */
export const NOTHING_FOUND: CountResult = { findings: [], hasSurplus: false, rows: 0 };
