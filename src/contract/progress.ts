import { z } from 'zod';
import { ProgressSeries } from './progressSeries.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';
import { WorkSpan } from './workSpan.ts';

/** Rows by table. */
export interface RowCounts {
  readonly copied: Record<string, number>;
  readonly validated: Record<string, number>;
  readonly errors: Record<string, number>;
}

/** What one process has done for one migration so far: cumulative, summed over processes for the status. */
export interface ProcessProgress extends RowCounts {
  /** Rows of ranges that are being worked on: they count with the others when their range is done. */
  open: RowCounts;
  /** Rows of ranges that were left in their middle, by this process or by those whose place it has taken, and were not met again yet; absent where there are none. Shown figures hold them, so that none falls. */
  again?: RowCounts;
  /** When it took the place of all that were silent by then (ISO 8601): what these have open stands in its `again`. Absent where it took none. */
  adopted?: string;
  bytes: number;
  throttled: number;
  requestUnits: number;
  /** Rows of collections whose indexes were built, by collection; absent where none were. */
  indexed?: Record<string, number>;
  /** Rows and bytes a second over the last few seconds, without those that stood in the target before. */
  rowsPerSecond: number;
  bytesPerSecond: number;
  /** What it did over time; absent in what earlier releases have stored. */
  series?: ProgressSeries;
  /** Rows a second over up to half a minute of one phase; absent in its first seconds, which say nothing of the rest. */
  pace?: number;
  /** Which members of the target's replica set do not answer this process; absent where all do. */
  silence?: string;
  /** When it worked on the migration; absent in what earlier releases have stored. */
  work?: readonly WorkSpan[];
  /** ISO 8601; rates older than a few seconds no longer count. */
  updatedAt: string;
}

const counts = z.record(z.string(), z.number());
const rows = { copied: counts, validated: counts, errors: counts };

/**
 * progress/*.json, one for each process that counts rows of the migration: its heartbeat writes it, the status adds
 * them up.
 */
export const PROGRESS: StoredRecord<ProcessProgress> = {
  name: 'The progress of a process',
  version: VERSIONS.progress,
  schema: z.object({
    ...rows,
    open: z.object(rows),
    again: z.exactOptional(z.object(rows)),
    adopted: z.exactOptional(z.string()),
    bytes: z.number(),
    throttled: z.number(),
    requestUnits: z.number(),
    rowsPerSecond: z.number(),
    bytesPerSecond: z.number(),
    series: z.exactOptional(ProgressSeries),
    indexed: z.exactOptional(counts),
    pace: z.exactOptional(z.number()),
    silence: z.exactOptional(z.string()),
    work: z.exactOptional(z.array(WorkSpan)),
    updatedAt: z.string(),
  }),
};
