import { z } from 'zod';
import { ERROR_KINDS, type Problem } from '../errors.ts';

/** A failure as it stands in messages and states: {@link Problem}. */
export const problem: z.ZodType<Problem> = z.object({
  kind: z.enum(ERROR_KINDS),
  message: z.string(),
  hint: z.string(),
});
