import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';

/** Rows of a table that were seen equal at some time of the run, rows that are still different, and documents of vanished rows that were deleted: these rows may or may not have been seen before. */
export type SeenRows = readonly [equal: number, different: number, deleted: number];
export const SeenRows: z.ZodType<SeenRows> = z.tuple([z.number(), z.number(), z.number()]);

/** Input of the checks: the collections from `from` up to `to`; references and indexes only where validation is full. */
export const CheckMessage = z.object({
  ...plannedStep,
  writer: z.nullable(z.string()),
  /** Position in the source's write-ahead log that a host must have got to; null where there is one host only. */
  notBefore: z.nullable(z.string()),
  /** Transaction of the source at the beginning of the last pass: rows written since may or may not have arrived. */
  since: z.nullable(z.string()),
  /** Rows that the comparison has seen, by table; null where nothing was compared. */
  seen: z.nullable(z.record(z.string(), SeenRows)),
  /** Did each reference lead somewhere when an earlier run proved the target, and has the source stood still since? Absent means no. */
  referencesHold: z.exactOptional(z.boolean()),
  /** Tables that failed for good: their findings stand already. */
  skip: z.array(z.string()),
  from: z.number(),
  to: z.number(),
});
export type CheckMessage = Shape<typeof CheckMessage>;
export type CheckInput = WithRequest<CheckMessage>;

/** A collection by its position in the plan, and how many documents it has. */
export type SurplusCollection = readonly [collection: number, documents: number];

/** What the checks over whole collections came to. */
export interface CheckSummary {
  /** First collection that was not come to, as the time of the step was up; absent where all were checked. */
  readonly next?: number;
  /** Did a check find something wrong? */
  readonly counts: boolean;
  readonly indexes: boolean;
  readonly references: boolean;
  /** Are there documents that gave a unique value up and were not written with their row's own since? */
  readonly displaced: boolean;
  readonly findingCount: number;
  /** Rows of the tables that were counted: those that were compared, where their number fits the source's. */
  readonly rows: Readonly<Record<string, number>>;
  /** Documents by table, where each row is one document of collections that hold nothing else; of these collections alone. */
  readonly documents: Readonly<Record<string, number>>;
  /** Documents of each collection that holds nothing else; absent as below. */
  readonly counted?: Readonly<Record<string, number>>;
  /** Rows that stand in documents, of tables whose rows share documents with joined ones, by what both sides count; absent in histories of earlier releases. */
  readonly standing?: Readonly<Record<string, number>>;
  /** Tables whose documents are not what passes over changes make of them: only reading all rows again may mend that. Absent as before. */
  readonly stale?: readonly string[];
  /** Collections with documents that no row has, or that may have some: {@link file://./nameExtras.ts} looks which. Absent as before. */
  readonly surplus?: readonly SurplusCollection[];
  /** Values without a parent that the source has as well. */
  readonly orphansAsInSource: number;
  /** Does each reference lead somewhere, so that nothing is said of any? Absent where they were not looked at, and in histories of earlier releases. */
  readonly referencesHold?: boolean;
  /** Tables that could not be checked: the findings say why. */
  readonly unchecked: readonly string[];
  /** Rows without a document to stand in that were found and are not listed. */
  readonly unlisted?: number;
  /** Rows that belong into a document of a row that the source has not, by table; absent in histories of earlier releases. */
  readonly unplaced?: Readonly<Record<string, number>>;
}
