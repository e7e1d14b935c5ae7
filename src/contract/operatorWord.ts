import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/**
 * What the operator wants of a migration: that it runs, waits, or ends; `cutover` that it runs, and follows its source no longer. A
 * later word replaces an earlier one, but nothing replaces `cancel`.
 */
const WORDS = ['run', 'suspend', 'cancel', 'cutover'] as const;
export type Word = (typeof WORDS)[number];

/** A word, when it was given (ISO 8601; null where nobody has said anything), and who gave it, where the app knows its callers (Entra authentication). */
const GivenWord = z.object({ word: z.enum(WORDS), at: z.nullable(z.string()), by: z.nullable(z.string()) });

/** The operator's word as it is stored: the one intention that lanes, steps and the orchestration look at. */
export const OperatorWord = z.object({
  ...GivenWord.shape,
  /** Words that it replaced, the earliest first; absent where there are none, and in what earlier releases have stored. */
  earlier: z.exactOptional(z.array(GivenWord)),
});
export type OperatorWord = Shape<typeof OperatorWord>;

/** What a migration that stopped for the operator's word has heard last, and which orchestration waits for the next one. */
export const HeardWord = z.object({
  word: z.enum(WORDS),
  /** ISO 8601. */
  at: z.string(),
  /** Id of the orchestration that an event wakes; null where none waits. */
  waiter: z.nullable(z.string()),
});
export type HeardWord = Shape<typeof HeardWord>;

/** As it was stored before words had a time (version 1). */
const EarlierWord = z.object({ state: z.enum(WORDS) });

/** control.json: the routes cancel, suspend and resume write it, all work reads it once a second. */
export const OPERATOR_WORD: StoredRecord<OperatorWord> = {
  name: "The operator's word",
  version: VERSIONS.operatorWord,
  schema: OperatorWord,
  upgrade: (stored) => {
    const { success, data } = EarlierWord.safeParse(stored);
    return success ? { word: data.state, at: null, by: null } : stored;
  },
};

/** heard.json: the activity `hearWord` writes it, the status and the routes read it. */
export const HEARD_WORD: StoredRecord<HeardWord> = {
  name: 'The word that was heard',
  version: VERSIONS.heardWord,
  schema: HeardWord,
};

/** Why work stops early: the operator's word, the process that ends, or the time that one activity may take. */
export type StopReason = 'suspend' | 'cancel' | 'shutdown' | 'time';

/** The event by which a new word wakes whoever waits for it. It carries nothing: the word itself is stored. */
export const WORD_EVENT = 'word';

/** Input of the orchestration that waits for a word, and of each of its generations. */
export const AwaitWordInput = z.object({
  version: z.exactOptional(z.number()),
  id: z.string(),
  /** Looks at the word in a row that were not asked for by an event. */
  looks: z.number(),
  /** Where work goes on then, whatever is said: until that time (milliseconds since 1970) `run` is no reason to end the wait. */
  until: z.exactOptional(z.number()),
});
export type AwaitWordInput = Shape<typeof AwaitWordInput>;

/** Sent by the orchestration that waits for a word, with each look. */
export const HearWordInput = z.object({
  id: z.string(),
  /** The orchestration that an event wakes. */
  waiter: z.string(),
  /** Does it wait though it may run? Absent means no. */
  isIdle: z.exactOptional(z.boolean()),
});
export type HearWordInput = Shape<typeof HearWordInput>;
