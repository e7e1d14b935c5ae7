import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';

export const IndexMessage = z.object({
  ...plannedStep,
  writer: z.string(),
  from: z.number(),
  to: z.number(),
});
export type IndexMessage = Shape<typeof IndexMessage>;
export type IndexInput = WithRequest<IndexMessage>;
