import { z } from 'zod';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

/** Throughput is set back by the migration's name alone: an earlier run may have raised it. */
export const RestoreInput = z.object({ id: z.string(), request: MigrationRequest });
export type RestoreInput = Shape<typeof RestoreInput>;
