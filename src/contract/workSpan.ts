import { z } from 'zod';
import type { Shape } from './shape.ts';

/** A stretch of time, from when until when (milliseconds since 1970). */
export const WorkSpan = z.tuple([z.number(), z.number()]);
export type WorkSpan = Shape<typeof WorkSpan>;
