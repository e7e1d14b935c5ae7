import { z } from 'zod';
import type { Problem } from '../errors.ts';
import type { Versioned } from './messageVersion.ts';
import type { StopReason } from './operatorWord.ts';
import { plannedStep } from './plannedStep.ts';
import { readMessage } from './readMessage.ts';
import type { Shape } from './shape.ts';
import { Unanswered } from './unanswered.ts';
import { ChecksumsOf, CutRange } from './unit.ts';
import type { WorkSums } from './workSums.ts';

/** A unit with the positions of its ranges that are left to do, null for all; of lanes that make indexes one of the steps that this takes. */
export const WorkItem = z.object({
  unit: z.number(),
  only: z.nullable(z.array(z.number())),
  /** The one of them that is done in pieces; absent where none is. */
  cut: z.exactOptional(CutRange),
  /** Absent where each of its attempts so far was answered. */
  lost: z.exactOptional(Unanswered),
  /** When the first began of the attempts in a row that ran out of their time without coming any further (milliseconds since 1970). */
  idleSince: z.exactOptional(z.number()),
});
export type WorkItem = Shape<typeof WorkItem>;

/** `validate` compares: all rows, or, with `since`, those written since a transaction of the source. */
const UNIT_KINDS = ['copy', 'validate'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** `indexes` makes those of all collections, beside lanes that compare. */
const LANE_KINDS = [...UNIT_KINDS, 'indexes'] as const;
export type LaneKind = (typeof LANE_KINDS)[number];

/** Input of one lane: units that it does one after the other. */
const LaneInput = z.object({
  ...plannedStep,
  version: z.exactOptional(z.number()),
  /** When it is to end with the unit that it is at (milliseconds since 1970); absent in messages of earlier releases, whose lanes did all their units. */
  until: z.exactOptional(z.number()),
  /** How long a lane goes on without any progress. */
  stallMinutes: z.number(),
  /** Token of the run's claim, null where nothing is written. */
  writer: z.nullable(z.string()),
  /** Position in the source's write-ahead log that a host must have got to. */
  notBefore: z.nullable(z.string()),
  kind: z.enum(LANE_KINDS),
  items: z.array(WorkItem),
  /** Tables that failed for good before: their ranges are left out. */
  skip: z.array(z.string()),
  /** Only rows that were written since this transaction of the source; null for all. */
  since: z.nullable(z.string()),
  /** Passes that have ended before. */
  pass: z.exactOptional(z.number()),
  /** Tables that are compared as a whole all the same. */
  whole: z.exactOptional(z.array(z.string())),
  checksums: z.exactOptional(ChecksumsOf),
});
export type LaneInput = Shape<typeof LaneInput>;

/** Up to messages of version 2 a lane was told the whole request in place of a part of it. */
const EarlierLane = z.looseObject({
  stallMinutes: z.exactOptional(z.undefined()),
  request: z.object({ stallMinutes: z.number() }),
});

/**
 * The input of a lane, also one of an earlier release. Throws `config` for one of a newer release, and `internal` for one of
 * another shape.
 */
export function readLane(input: unknown): LaneInput {
  const earlier = EarlierLane.safeParse(input);
  const { stallMinutes } = earlier.data?.request ?? {};
  return readMessage(LaneInput, earlier.success ? { ...(input as object), stallMinutes } : input);
}

/** What a lane came to. */
export interface LaneResult extends WorkSums, Versioned {
  /** Items that were not done because its time was over or work was stopped. */
  readonly remaining: readonly WorkItem[];
  readonly stop: StopReason | null;
  /** When it ended (ISO 8601); absent in answers of earlier releases, and of a lane that makes indexes. */
  readonly endedAt?: string;
  /** When a lane that made indexes had come to all of them (ISO 8601). */
  readonly builtAt?: string;
  /** What ended the lane for good: no progress for the stall time. */
  readonly problem: Problem | null;
}
