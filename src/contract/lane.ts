import { z } from 'zod';
import type { Problem } from '../errors.ts';
import { Loss } from './loss.ts';
import type { Versioned } from './messageVersion.ts';
import type { MigrationRequest } from './migrationRequest.ts';
import type { StopReason } from './operatorWord.ts';
import type { PlannedStep } from './plannedStep.ts';
import type { Shape } from './shape.ts';
import type { WorkSums } from './workSums.ts';

/** A unit with the positions of its ranges that are left to do, null for all. */
export const WorkItem = z.object({
  unit: z.number(),
  only: z.nullable(z.array(z.number())),
  /** Absent where each of its attempts so far was answered. */
  lost: z.exactOptional(Loss),
});
export type WorkItem = Shape<typeof WorkItem>;

/** `validate` compares: all rows, or, with `since`, those written since a transaction of the source. */
export type UnitKind = 'copy' | 'validate';

/** Input of one lane: units that it does one after the other. */
export interface LaneInput extends PlannedStep, Versioned {
  /** How long a lane goes on without any progress. */
  readonly stallMinutes: number;
  /** Token of the run's claim, null where nothing is written. */
  readonly writer: string | null;
  /** Position in the source's write-ahead log that a host must have got to. */
  readonly notBefore: string | null;
  readonly kind: UnitKind;
  readonly items: readonly WorkItem[];
  readonly skip: readonly string[];
  readonly since: string | null;
  /** Tables that are compared as a whole all the same. */
  readonly whole?: readonly string[];
}

/** Up to messages of version 2 a lane was told the whole request in place of a part of it. */
type EarlierLane = Omit<LaneInput, 'stallMinutes' | 'request'> & { readonly request: MigrationRequest };

/** The input of a lane, also one of an earlier release. */
export function readLane(input: LaneInput | EarlierLane): LaneInput {
  return 'stallMinutes' in input ? input : { ...input, stallMinutes: input.request.stallMinutes };
}

/** What a lane came to. */
export interface LaneResult extends WorkSums, Versioned {
  /** Items that were not done because work was stopped. */
  readonly remaining: readonly WorkItem[];
  readonly stop: StopReason | null;
  /** What ended the lane for good: no progress for the stall time. */
  readonly problem: Problem | null;
}
