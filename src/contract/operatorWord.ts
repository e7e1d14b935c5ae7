import { z } from 'zod';
import type { Shape } from './shape.ts';
/** What the operator wants of a migration: that it runs, waits, or ends. A later word replaces an earlier one, but nothing replaces `cancel`. */
export type Word = 'run' | 'suspend' | 'cancel';

/** The operator's word as it is stored: the one intention that lanes, steps and the orchestration look at. */
export interface OperatorWord {
  readonly word: Word;
  /** When it was given (ISO 8601), null where nobody has said anything. */
  readonly at: string | null;
  /** Who gave it, where the app knows its callers (Entra authentication); null otherwise. */
  readonly by: string | null;
}

/** What a migration that stopped for the operator's word has heard last, and which orchestration waits for the next one. */
export interface HeardWord {
  readonly word: Word;
  /** ISO 8601. */
  readonly at: string;
  /** Id of the orchestration that an event wakes; null where none waits. */
  readonly waiter: string | null;
}

/** Why work stops early: the operator's word, or the process that ends. */
export type StopReason = 'suspend' | 'cancel' | 'shutdown';

/** The event by which a new word wakes whoever waits for it. It carries nothing: the word itself is stored. */
export const WORD_EVENT = 'word';

export interface AwaitWordInput {
  readonly id: string;
  /** Looks at the word in a row that were not asked for by an event. */
  readonly looks: number;
}

export const HearWordInput = z.object({
  id: z.string(),
  /** The orchestration that an event wakes. */
  waiter: z.string(),
});
export type HearWordInput = Shape<typeof HearWordInput>;
