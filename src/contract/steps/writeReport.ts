import { z } from 'zod';
import { MigrateState } from '../migrateState.ts';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

export const ReportInput = z.object({
  id: z.string(),
  request: MigrationRequest,
  state: MigrateState,
  finishedAt: z.string(),
});
export type ReportInput = Shape<typeof ReportInput>;
