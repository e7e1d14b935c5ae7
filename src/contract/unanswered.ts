import { z } from 'zod';
import type { Shape } from './shape.ts';

/**
 * How work ended that has no answer: its process died or it threw, its time ran out, or the history that its lane was
 * replayed from did not match the program.
 */
const UNANSWERED_KINDS = ['died', 'timed-out', 'diverged'] as const;
export type UnansweredKind = (typeof UNANSWERED_KINDS)[number];

/** How often, and how at last, work on a unit ended without an answer. */
export const Unanswered = z.object({
  times: z.number(),
  how: z.enum(UNANSWERED_KINDS),
});
export type Unanswered = Shape<typeof Unanswered>;
