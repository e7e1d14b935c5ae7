import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';

/** Sent after the claim, where throughput during the copy was asked for. `run` and `writer` as in `prepareTarget`. */
export const RaiseMessage = z.object({
  ...plannedStep,
  run: z.string(),
  writer: z.string(),
});
export type RaiseMessage = Shape<typeof RaiseMessage>;
export type RaiseInput = WithRequest<RaiseMessage>;
