import { z } from 'zod';
import { MigrationRequest } from '../migrationRequest.ts';
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

/** Throughput is set back by the migration's name alone: an earlier run may have raised it. */
export const RestoreInput = z.object({ id: z.string(), request: MigrationRequest });
export type RestoreInput = Shape<typeof RestoreInput>;
