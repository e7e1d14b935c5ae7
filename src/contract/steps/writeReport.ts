import { z } from 'zod';
import { MigrateState } from '../migrateState.ts';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

/**
 * The whole state, as the report is made of it and of blobs. `finishedAt` (ISO 8601) is told, as a repeat must write
 * the same report.
 */
export const ReportInput = z.object({
  id: z.string(),
  request: MigrationRequest,
  state: MigrateState,
  finishedAt: z.string(),
});
export type ReportInput = Shape<typeof ReportInput>;
