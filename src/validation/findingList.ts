import { type Difference, differenceOf } from '../contract/difference.ts';
import type { Finding, Unlisted } from '../contract/migrationReport.ts';

/** Findings that one range may list; the others are counted. */
const MAX_FINDINGS = 50;

/** Takes every difference, however many, where a list of findings names the first ones. */
export interface DifferenceSink {
  add(difference: Difference): void;
  /** Lets go of what has come together, where it is much. */
  settle(): Promise<void>;
}

/** Findings of one range of one table: the first fifty, and how many came beyond them. */
export interface FindingList {
  readonly findings: Finding[];
  /** As {@link Unlisted}. */
  readonly unlisted: [differences: number, carried: number, notes: number];
  /** Gets all of them that are differences of a row. */
  readonly differences?: DifferenceSink | undefined;
}

/** Lists a finding, or counts it where the list is full. Notes give their place up to errors. */
export function addFinding({ findings, unlisted, differences }: FindingList, finding: Finding): void {
  const difference = differences && differenceOf(finding);
  if (difference) differences.add(difference);
  if (findings.length < MAX_FINDINGS) {
    findings.push(finding);
    return;
  }
  const note = finding.severity === 'error' ? findings.findIndex(({ severity }) => severity === 'note') : -1;
  const left = findings[note] ?? finding;
  if (note >= 0) findings[note] = finding;
  unlisted[placeOf(left)]++;
}

function placeOf({ severity, check }: Finding): 0 | 1 | 2 {
  if (severity === 'note') return 2;
  return check === 'copy' ? 1 : 0;
}

/** Sums of counts of findings that are not listed. */
export function addUnlisted(a: Unlisted | undefined, b: Unlisted): Unlisted {
  const [differences, carried, notes] = a ?? [0, 0, 0];
  return [differences + b[0], carried + b[1], notes + b[2]];
}

/** Of findings that two steps may have met alike: no fewer than either of them knows. */
export function mostUnlisted(a: Unlisted = [0, 0, 0], b: Unlisted = [0, 0, 0]): Unlisted {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.max(a[2], b[2])];
}
