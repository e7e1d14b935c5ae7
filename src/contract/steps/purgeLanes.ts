import { z } from 'zod';
import type { Shape } from '../shape.ts';

/** Lanes of one run of a migration, by their numbers. */
export const PurgeLanesInput = z.object({
  id: z.string(),
  /** When the run began (ISO 8601), which tells it from another one of its name. */
  startedAt: z.string(),
  /** The first of them, and the one after the last. */
  from: z.number(),
  to: z.number(),
});
export type PurgeLanesInput = Shape<typeof PurgeLanesInput>;
