import type { DifferenceSink, FindingList } from './findingList.ts';
import { RangeDigest } from './rangeDigest.ts';

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
  readonly digest: RangeDigest;
  /** Notes of `lossFindings` that were made. */
  readonly told: Set<string>;
}

/** Nothing compared yet; `isChange`: are only rows read that have changed? `differences` is told of each row that differs. */
export function emptyComparison(isChange: boolean, differences?: DifferenceSink): RangeComparison {
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
    digest: new RangeDigest(isChange),
    findings: [],
    unlisted: [0, 0, 0],
    told: new Set(),
    differences,
  };
}
