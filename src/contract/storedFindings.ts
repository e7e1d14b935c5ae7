import { z } from 'zod';
import { FINDING_CHECKS } from './facts.ts';
import type { Finding } from './migrationReport.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/** A finding as it is stored. */
export const StoredFinding: z.ZodType<Finding> = z.object({
  severity: z.enum(['error', 'note']),
  check: z.enum(FINDING_CHECKS),
  table: z.string(),
  key: z.exactOptional(z.string()),
  field: z.exactOptional(z.string()),
  sourceType: z.exactOptional(z.string()),
  targetType: z.exactOptional(z.string()),
  isFailure: z.exactOptional(z.boolean()),
  kind: z.exactOptional(z.enum(['missing', 'extra', 'differs', 'refused'])),
  message: z.string(),
});

/** What one step has found. */
export interface StoredFindings {
  readonly findings: readonly Finding[];
}

/** findings/*.json, one for each step that found something: a step that runs again replaces its own. The report and the route of differences read them all. */
export const FINDINGS: StoredRecord<StoredFindings> = {
  name: 'What a step has found',
  version: VERSIONS.findings,
  schema: z.object({ findings: z.array(StoredFinding) }),
  upgrade: (findings) => ({ findings }),
};
