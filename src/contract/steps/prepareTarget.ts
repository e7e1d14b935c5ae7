import { z } from 'zod';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

export const PrepareInput = z.object({
  id: z.string(),
  plan: z.string(),
  /** Tells this run of the migration from others. */
  run: z.string(),
  request: MigrationRequest,
});
export type PrepareInput = Shape<typeof PrepareInput>;

/** What preparing came to. */
export interface PreparedTarget {
  /** Token of the claim: whoever writes shows it. */
  readonly writer: string;
  /** Did the source's revision stand there before, as this migration writes it? */
  readonly wasMarked: boolean;
}
