import { z } from 'zod';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

/** `run` tells this run of the migration from others. */
export const ReleaseInput = z.object({ id: z.string(), run: z.string(), request: MigrationRequest });
export type ReleaseInput = Shape<typeof ReleaseInput>;
