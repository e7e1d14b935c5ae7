import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

const ArtifactSurvey = z.object({
  /** The map, each prefix with the values that it met: the longest one that fits a value. */
  mappings: z.array(z.object({ from: z.string(), to: z.string(), values: z.number() })),
  /** Values that begin otherwise in the target, by `table.column`. */
  changed: z.record(z.string(), z.number()),
  /** How the values begin that no prefix met: scheme and authority, `/` or `.` for paths; never with a login that has a password. The most frequent first. */
  unmet: z.array(z.object({ prefix: z.string(), values: z.number() })),
  /** `table.column` of what could not be counted. */
  uncounted: z.array(z.string()),
});

/** What the map of artifact locations met in the rows of the source when the run began. */
export type ArtifactSurvey = Shape<typeof ArtifactSurvey>;

/** artifacts.json, where the run has a map. */
export const ARTIFACT_SURVEY: StoredRecord<ArtifactSurvey> = {
  name: 'What the map of artifact locations met',
  version: VERSIONS.artifacts,
  schema: ArtifactSurvey,
};
