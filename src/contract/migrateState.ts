import { z } from 'zod';
import { StoredDigests } from './collectionDigest.ts';
import type { SourceInstant } from './facts.ts';
import { WorkItem } from './lane.ts';
import { PHASES } from './migrationStatus.ts';
import { problem } from './problem.ts';
import { RunEvent } from './runEvent.ts';
import type { Shape } from './shape.ts';
import { SourceClock } from './sourceClock.ts';
import { PlanResult } from './steps/makePlan.ts';
import { WorkSums } from './workSums.ts';

const sourceInstant: z.ZodType<SourceInstant> = z.object({
  at: z.string(),
  from: z.enum(['primary', 'standby']),
  openTransactions: z.array(z.string()),
  preparedTransactions: z.array(z.string()),
  quietSince: z.exactOptional(z.string()),
  quietUntil: z.exactOptional(z.string()),
});

/** What the checks over whole collections came to. */
export const ChecksState = z.object({
  /** When they ended (ISO 8601), null where they were not made. */
  at: z.nullable(z.string()),
  counts: z.boolean(),
  indexes: z.boolean(),
  references: z.boolean(),
  /** Are there documents that gave a unique value up and were not written since? Absent means no. */
  displaced: z.exactOptional(z.boolean()),
  orphansAsInSource: z.number(),
  /** Does each reference lead somewhere, in the source as well? Absent means no. */
  referencesHold: z.exactOptional(z.boolean()),
  /** Tables that could not be checked. */
  unchecked: z.array(z.string()),
  /** Documents without a row, and rows without one to stand in, that were found and are not listed. */
  unlisted: z.exactOptional(z.number()),
  /** Rows that belong into a document of a row that the source has not, by table. */
  unplaced: z.exactOptional(z.record(z.string(), z.number())),
});
export type ChecksState = Shape<typeof ChecksState>;

/** Why a cut-over goes on for another pass: what the last one brought over, and who was writing as it began. */
const HeldCutover = z.object({
  /** Passes in a row that it was held back by. */
  tries: z.number(),
  rows: z.number(),
  writers: z.number(),
  prepared: z.number(),
});

/** What a run that follows its source has done since its proof. */
export const Following = z.object({
  /** Passes of before: with the proof, and with an earlier one. */
  passesBefore: z.number(),
  /** Passes that were counted before the last proof, which is a later one where the tables were planned anew. Absent means none. */
  passesCounted: z.exactOptional(z.number()),
  /** Rows and deletions that its passes brought over. */
  rows: z.number(),
  /** When the pass under way began, and the last one that ended; and when that one ended (ISO 8601). */
  begunAt: z.string(),
  lookedAt: z.string(),
  endedAt: z.string(),
  /** Did the last pass look for vanished rows? Absent means no. */
  looked: z.exactOptional(z.boolean()),
  /** Tables that the last pass with work read as a whole, so that their counts stand for all rows; absent before one. */
  whole: z.exactOptional(z.array(z.string())),
  /** By table, what its rows are more than those that were seen equal and whose documents were not deleted, as the proof counted them; absent where that is nothing. */
  beside: z.exactOptional(z.record(z.string(), z.number())),
  /** The instant of the source that the proof spoke of (ISO 8601); absent where its clock was not read, and in histories of earlier releases. */
  provenAt: z.exactOptional(z.string()),
  /** Has a pass compared tables as a whole that it had failed at? Then rows and deletions do not add up. Absent means no. */
  isMended: z.exactOptional(z.boolean()),
  /** Sessions that held a lock to write as the pass under way of a cut-over began. */
  writers: z.exactOptional(z.number()),
  /** What keeps a cut-over that was asked for from its end. */
  held: z.exactOptional(HeldCutover),
});
export type Following = Shape<typeof Following>;

/** A phase whose time counts, and from when until when it lasted (ISO 8601); `beside` is that in which rows were compared beside the indexes, which is time of these too. */
const PhaseStretch = z.tuple([z.enum(['copy', 'indexes', 'validate', 'beside']), z.string(), z.string()]);
export type PhaseStretch = Shape<typeof PhaseStretch>;

/** State of a migration from one generation of its orchestration to the next. */
export const MigrateState = z.object({
  phase: z.enum(PHASES),
  /** ISO 8601. */
  startedAt: z.string(),
  phaseStartedAt: z.string(),
  plan: z.nullable(PlanResult),
  /** First unit or collection of the phase that is not done yet. */
  next: z.number(),
  /** Left over from windows that were stopped. */
  leftover: z.array(WorkItem),
  /** Steps of making indexes that are left, where they are made beside the comparison; absent where they are not. */
  building: z.exactOptional(z.array(WorkItem)),
  /** When the last of those was done (ISO 8601). */
  builtAt: z.exactOptional(z.string()),
  /** When all rows were compared, where that was before the last of those was done (ISO 8601). */
  besideTo: z.exactOptional(z.string()),
  lanes: z.number(),
  /** Lanes that were begun so far, each of which has a number. Absent in histories of earlier releases. */
  lanesBegun: z.exactOptional(z.number()),
  copied: WorkSums,
  validated: WorkSums,
  checks: ChecksState,
  /** Rows of the pass under way: they are added to those of before when it ends. */
  passed: WorkSums,
  /** Rows of each table when the checks counted them. */
  rows: z.record(z.string(), z.number()),
  /** Documents that the checks counted, of tables whose rows are one document each in collections that hold nothing else. */
  documents: z.record(z.string(), z.number()),
  /** The same of each collection that holds nothing else. */
  counted: z.exactOptional(z.record(z.string(), z.number())),
  /** What deletions of the first pass that looked for vanished rows took from digests: whether these documents were in them, the counts tell at the end. */
  goneAtFirst: z.exactOptional(StoredDigests),
  /** Has no pass looked for vanished rows, as that was left to the checks? Absent means no. */
  isUnsearched: z.exactOptional(z.boolean()),
  /** Rows that stand in the target by the counts of the checks, of tables whose rows share documents with joined ones. */
  standing: z.exactOptional(z.record(z.string(), z.number())),
  /** The source's clock at the beginning of the last pass that read everything, null before it. */
  clock: z.nullable(SourceClock),
  /** Had no transaction of the source ended since the plan was made, when the comparison of all rows began? Absent means that this is not known. */
  isStill: z.exactOptional(z.boolean()),
  /** The instant that the comparison speaks of: the source's clock at the beginning of the last pass. Null until one was read. */
  instant: z.nullable(sourceInstant),
  /** When the comparison began, and when its last pass was over (ISO 8601); null or absent before, and in histories of earlier releases. */
  comparedFrom: z.exactOptional(z.nullable(z.string())),
  comparedTo: z.exactOptional(z.nullable(z.string())),
  /** The source's clock at the beginning of the catch-up pass under way, null between passes. */
  passClock: z.nullable(SourceClock),
  passes: z.number(),
  /** When an earlier run compared all rows, where this one goes on from there (ISO 8601); absent where it compares them itself. */
  proven: z.exactOptional(z.object({ from: z.string(), to: z.string() })),
  /** Was nothing copied, as an earlier run has left everything equal? Absent means no. */
  isCopyLeftOut: z.exactOptional(z.boolean()),
  /** Rows that the pass under way has brought over, and the one before it. */
  changed: z.number(),
  changedBefore: z.number(),
  /** Of a run that follows its source: from its first pass on. */
  following: z.exactOptional(Following),
  /** Does the run end with the next proof, though it follows its source? Absent means no. */
  isCuttingOver: z.exactOptional(z.boolean()),
  /** Times that the checks were made again. */
  rechecks: z.number(),
  /** Tables that the next pass compares as a whole, as the checks have found what no pass over changes brings. */
  stale: z.exactOptional(z.array(z.string())),
  /** Did the target's marker stand there before, as this migration would write it? */
  wasMarked: z.boolean(),
  /** Token of the claim on the target's collections, null before there is one and where nothing is written. */
  writer: z.nullable(z.string()),
  /** May the run have claimed collections? Then it gives its right to write back at its end. */
  mayHaveClaimed: z.boolean(),
  /** Has the target been filled from this source before? */
  isOurs: z.boolean(),
  /** Is what another source brought still to be compared and counted, before it is taken over? */
  isTakingOver: z.boolean(),
  /** Times that the plan was made anew, as the source's tables had changed. */
  replans: z.number(),
  /** Tables that went on changing: nothing is claimed of them. */
  shapeChanged: z.array(z.string()),
  /** Documents that were deleted, as their row vanished, by table. */
  deleted: z.record(z.string(), z.number()),
  /** Documents that a dry run found without a row, by table. */
  vanished: z.record(z.string(), z.number()),
  /** Why a migration would stop before it deletes them, as a dry run found; null or absent where it would not. */
  wouldRefuse: z.exactOptional(z.nullable(problem)),
  /** The phase in which the run came to its end, null before. */
  endedIn: z.nullable(z.enum(PHASES)),
  isThroughputRaised: z.boolean(),
  /** By the clock: what nobody worked of them the report takes off. */
  seconds: z.object({ copy: z.number(), indexes: z.number(), validate: z.number() }),
  /** When that was, the last of it; absent in histories of earlier releases. */
  stretches: z.exactOptional(z.array(PhaseStretch)),
  problems: z.array(problem),
  isCancelled: z.boolean(),
  /** What happened so far, the last of it; absent in histories of earlier releases. */
  events: z.exactOptional(z.array(RunEvent)),
});
export type MigrateState = Shape<typeof MigrateState>;
