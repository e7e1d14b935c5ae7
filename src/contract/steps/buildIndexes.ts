import { z } from 'zod';
import { MigrationRequest } from '../migrationRequest.ts';
import type { Shape } from '../shape.ts';

export const IndexInput = z.object({
  id: z.string(),
  plan: z.string(),
  request: MigrationRequest,
  writer: z.string(),
  from: z.number(),
  to: z.number(),
});
export type IndexInput = Shape<typeof IndexInput>;
