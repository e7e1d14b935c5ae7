import type { DifferenceSink, FindingList } from './findingList.ts';

/** Result of comparing one range. Counts are of rows. */
export interface RangeComparison extends FindingList {
  /** Rows whose document is there and equal at the end. */
  equal: number;
  /** Rows of child tables in such documents, by child. */
  readonly childEqual: number[];
  /** Rows whose document was missing or different and was written again, and was equal afterwards. */
  repaired: number;
  /** Rows of child tables in repaired documents, by child. */
  readonly childRepaired: number[];
  /** Those of the repaired rows whose document was missing; the others' was there and different. */
  inserted: number;
  readonly childInserted: number[];
  /** Rows whose document is still missing or different, or could not be made. */
  failed: number;
  /** Of the rows that failed, those that have no document, and those whose document is there and different: the others cannot be carried. */
  missing: number;
  different: number;
  /** Rows of child tables in such documents, by child. */
  readonly childFailed: number[];
  hasTypeDifference: boolean;
  /** Notes of `lossFindings` that were made. */
  readonly told: Set<string>;
}

/** Nothing compared yet; `differences` is told of each row that differs. */
export function emptyComparison(differences?: DifferenceSink): RangeComparison {
  return {
    equal: 0,
    childEqual: [],
    repaired: 0,
    childRepaired: [],
    inserted: 0,
    childInserted: [],
    failed: 0,
    missing: 0,
    different: 0,
    childFailed: [],
    hasTypeDifference: false,
    findings: [],
    unlisted: [0, 0, 0],
    told: new Set(),
    differences,
  };
}
