import type { MigrationReport, ReportedDigest } from '../contract/migrationReport.ts';
import { formatInstant, formatPlural } from './formatUnits.ts';

/** A collection's digest in words, and whether both sides are known to be equal: null where a side is not known. */
export interface DigestLine {
  readonly collection: string;
  readonly isEqual: boolean | null;
  readonly text: string;
}

/** What is said of all of them: null where they were made of all documents in this run. */
export function digestOrigin({ compared }: MigrationReport): string | null {
  const earlier = compared?.earlier;
  if (earlier === undefined) return null;
  return `As compared from ${formatInstant(earlier.from)} on, with what was written since; mlflow-migrate validate makes them anew`;
}

/** The digests of collections that hold something, or of which that is not known. */
export function digestLines({ digests = {} }: MigrationReport): DigestLine[] {
  return Object.entries(digests)
    .filter(([, { documents, source, target }]) => documents !== 0 || source !== target)
    .map(([collection, digest]) => ({ collection, isEqual: isEqual(digest), text: describe(digest) }));
}

function isEqual({ source, target }: ReportedDigest): boolean | null {
  return source === null || target === null ? null : source === target;
}

function describe(digest: ReportedDigest): string {
  const { documents, source, target, unknown } = digest;
  if (source !== null && source === target) return `${source} (${formatPlural(documents ?? 0, 'document')})`;
  const side = (name: string, value: string | null) => `${name} ${value ?? 'not known'}`;
  const why = unknown === null ? '' : `: ${unknown}`;
  if (source === null && target === null) return `not known${why}`;
  return `${side('source', source)}, ${side('target', target)}${why}`;
}
