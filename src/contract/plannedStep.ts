import { z } from 'zod';
import { MigrationRequest } from './migrationRequest.ts';
import type { Shape } from './shape.ts';

/**
 * Fields of every message that is about a plan. `…Message` is what travels; `…Input` is what the step gets, with the request
 * filled in from the plan.
 */
export const plannedStep = {
  id: z.string(),
  /** Time of the plan's making, by which one plan of an id is told from another. */
  planStamp: z.string(),
  /** What was asked for, only where the plan does not keep it: it was made by an earlier release. */
  request: z.exactOptional(MigrationRequest),
};

const PlannedStep = z.object(plannedStep);
export type PlannedStep = Shape<typeof PlannedStep>;

/** A step's message with what was asked for, wherever that was kept. */
export type WithRequest<Message extends PlannedStep> = Message & { readonly request: MigrationRequest };
