import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';

/** Searches one collection that has more documents than rows for those that no row has, and names some of them as findings. */
export const NameExtrasMessage = z.object({
  ...plannedStep,
  writer: z.nullable(z.string()),
  /** Position in the source's write-ahead log that a host must have got to; null where there is one host only. */
  notBefore: z.nullable(z.string()),
  /** By its position in the plan. */
  collection: z.number(),
  /** That the checks have counted in it. */
  documents: z.number(),
  /** The same for all steps of one search, and for no other: each goes on where the one before stopped. */
  search: z.string(),
});
export type NameExtrasMessage = Shape<typeof NameExtrasMessage>;
export type NameExtrasInput = WithRequest<NameExtrasMessage>;

/** What a step of a search came to. */
export interface ExtrasNamed {
  /** Was the time of the step up before the end? Nothing is named then. */
  readonly isLeft: boolean;
  /** Documents without a row, and how many of them no finding names. */
  readonly found: number;
  readonly unlisted: number;
}
