import { z } from 'zod';
import type { BackReport } from '../backReport.ts';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

/** `run` is when the run began (ISO 8601). */
export const BackInput = z.object({ id: z.string(), run: z.string(), request: MigrationRequest });
export type BackInput = Shape<typeof BackInput>;

/** What the orchestration is told; all of it stands in the report. */
export type BackResult = Pick<BackReport, 'status' | 'from' | 'to' | 'problems' | 'finishedAt'>;
