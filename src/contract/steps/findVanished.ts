import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';
import type { TableFailure } from '../unit.ts';

/** Documents of a collection, told by the first look that finds one without a row, and those that no row has. */
export interface VanishedCount {
  readonly documents: number;
  readonly vanished: number;
}

/** How far looks have come through the collections of a step. */
export const LookPosition = z.object({
  /** Looks before. */
  looks: z.number(),
  /** The collection that the next look begins with, by its position in the plan. */
  collection: z.number(),
  /** How far that one was looked through; absent where it was not begun. */
  begun: z.exactOptional(
    z.object({
      /** `idKey` of the document that was looked at last; empty where none was, as all are searched by their `_id`s. */
      id: z.string(),
      /** Documents without a row that were found so far. */
      found: z.number(),
      /** Documents and rows when the first look began: they are counted once, however many looks it takes. */
      documents: z.number(),
      rows: z.number(),
      /** Tells the search by `_id`s that is under way: how far it has come is kept as a blob. Absent where there is none. */
      search: z.exactOptional(z.string()),
    }),
  ),
});
export type LookPosition = Shape<typeof LookPosition>;

/**
 * Looks through the collections from `from` up to `to` (exclusive), by their positions in the plan. What it finds is
 * kept as a blob, for {@link file://./removeVanished.ts}.
 */
export const FindVanishedMessage = z.object({
  ...plannedStep,
  /** Token of the run's claim; null for a dry run, which only wants to know. */
  writer: z.nullable(z.string()),
  /** Position in the source's write-ahead log that a host must have got to; null where there is one host only. */
  notBefore: z.nullable(z.string()),
  /** Transaction of the source at the beginning of this pass: each row written before has its document by now. */
  since: z.string(),
  /** Tables with rows that have no document, as they could not be written. */
  incomplete: z.array(z.string()),
  /** May this pass be the last? Then nothing that vanished before it may be missed. */
  isLast: z.boolean(),
  /** Is there another pass, which will look, should the operator ask for a cut-over meanwhile? Absent means no. */
  givesWay: z.exactOptional(z.boolean()),
  /** Is it left to the checks, which count as well, to find that there may be some? Then nothing is counted here. Absent means no. */
  leavesToChecks: z.exactOptional(z.boolean()),
  /** Tables that failed for good. */
  skip: z.array(z.string()),
  from: z.number(),
  to: z.number(),
  /** Where the look before stopped, as its time was up or it had found enough for one step; absent for the first look. */
  after: z.exactOptional(LookPosition),
});
export type FindVanishedMessage = Shape<typeof FindVanishedMessage>;
export type FindVanishedInput = WithRequest<FindVanishedMessage>;

/** Documents without a row, by table; tables that could not be looked through. */
export interface VanishedFound {
  readonly found: Readonly<Record<string, VanishedCount>>;
  readonly failures: readonly TableFailure[];
  /** Where the next look goes on; absent where all was looked through. */
  readonly next?: LookPosition;
  /** True where a cut-over was asked for: what was found is left to a later pass. */
  readonly gaveWay?: true;
}

/** Documents that are to be deleted, of one collection; kept as a blob between looking and deleting. */
export interface VanishedKeys {
  /** Position of the collection in the plan. */
  readonly collection: number;
  readonly table: string;
  readonly keys: readonly string[];
}
