import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';
import { WorkSpan } from './workSpan.ts';

/**
 * What was done in a stretch of time: its number (seconds since 1970 divided by the length of all of them), rows, bytes, refused
 * requests, request units, and how many seconds the target was behind its source (null where nobody looked). All but the last are
 * sums, so that those of several processes add up.
 */
const SeriesPoint = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.nullable(z.number())]);
export type SeriesPoint = Shape<typeof SeriesPoint>;

/** A run over time, in stretches of one length. Those in which nothing was noted are left out. */
export const ProgressSeries = z.object({
  /** A power of two, so that stretches of any two series fit into each other. */
  stepSeconds: z.number(),
  points: z.array(SeriesPoint),
});
export type ProgressSeries = Shape<typeof ProgressSeries>;

/** What processes had noted when a run began to count anew, as its plan was made again: series and spans of work go on from there. */
const EarlierSeries = z.object({
  ...ProgressSeries.shape,
  /** When they worked on it; absent in what earlier releases have stored. */
  work: z.exactOptional(z.array(WorkSpan)),
});

/** series.json. */
export const EARLIER_SERIES: StoredRecord<Shape<typeof EarlierSeries>> = {
  name: 'The series of before',
  version: VERSIONS.progressSeries,
  schema: EarlierSeries,
};
