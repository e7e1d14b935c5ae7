import { z } from 'zod';
import { LOCATION } from './parseMapping.ts';

/** Locations of artifacts that begin with `from` begin with `to` in the target. */
export interface ArtifactMapping {
  readonly from: string;
  readonly to: string;
}

/** The longest location that MLflow keeps (`logged_models.artifact_location`), and mappings that one run takes. */
const LONGEST_LOCATION = 1_000;
const MOST_MAPPINGS = 100;

/** A login with a password before an `@`; a port is none. */
const WITH_PASSWORD = /^[^:]+:\/\/[^/?#@]*:(?!\d+(?:\/|$)).*@/;

/** What is wrong with one end of a mapping, as a message goes on from its name; null where nothing is. Shows no value. */
function faultOf(location: string): string | null {
  if (/\p{Cc}/u.test(location) || location !== location.trim())
    return 'must have no control characters, and no space at its ends';
  if (!LOCATION.test(location))
    return 'must begin as a location does: with a scheme such as s3:, or as a path such as /';
  if (WITH_PASSWORD.test(location)) return 'must not hold a password: what is mapped stands in history and reports';
  if (location.includes('://') && /[?#]/.test(location)) return 'must end before ? and #';
  return null;
}

const location = z
  .string()
  .min(1)
  .max(LONGEST_LOCATION)
  .superRefine((value, context) => {
    const fault = faultOf(value);
    if (fault !== null) context.addIssue(fault);
  });

/** The mappings of one run, as the body of a start request and a config file give them. */
export const ArtifactMappings = z
  .array(
    z.strictObject({
      from: location.describe('How locations begin in the source'),
      to: location.describe('How they begin in the target'),
    }),
  )
  .min(1)
  .max(MOST_MAPPINGS)
  .superRefine((mappings, context) => {
    mappings.forEach((mapping, index) => {
      const fault = faultAmong(mappings, index);
      if (fault !== null) context.addIssue({ code: 'custom', path: [index, 'from'], message: fault });
      else if (mapping.from === mapping.to)
        context.addIssue({ code: 'custom', path: [index, 'to'], message: 'names the same place as what it replaces' });
    });
  });

function faultAmong(mappings: readonly ArtifactMapping[], index: number): string | null {
  const { from, to } = mappings[index] as ArtifactMapping;
  const isElsewhere = (other: ArtifactMapping) =>
    withoutSlash(other.from) === withoutSlash(from) && withoutSlash(other.to) !== withoutSlash(to);
  return mappings.slice(0, index).some(isElsewhere) ? 'is mapped to two places' : null;
}

/** The location without the one slash that it may end with: `s3://bucket/` and `s3://bucket` mean the same. */
export function withoutSlash(location: string): string {
  return location.endsWith('/') ? location.slice(0, -1) : location;
}

/** Each mapping once, in one order: two runs with the same map have the same list. */
export function sortedMappings(mappings: readonly ArtifactMapping[]): ArtifactMapping[] {
  const byFrom = new Map(mappings.map((mapping) => [withoutSlash(mapping.from), mapping]));
  return [...byFrom.keys()].toSorted().map((from) => byFrom.get(from) as ArtifactMapping);
}

/** Are they the same map? Both in their one order; absent is none. */
export function isSameMap(one: readonly ArtifactMapping[] = [], other: readonly ArtifactMapping[] = []): boolean {
  return (
    one.length === other.length &&
    one.every(({ from, to }, index) => from === other[index]?.from && to === other[index]?.to)
  );
}
