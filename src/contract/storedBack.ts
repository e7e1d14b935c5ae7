import { z } from 'zod';
import type { BackTable } from './backReport.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/** What a run of the way back was about to keep when it was last heard of. Where nothing is left to do, that was kept. */
export interface BackWritten {
  /** When the run began, which tells it from others of its id (ISO 8601). */
  readonly run: string;
  readonly tables: Readonly<Record<string, BackTable>>;
}

const Table = z.object({
  documents: z.number(),
  equal: z.number(),
  inserted: z.number(),
  changed: z.number(),
  deleted: z.number(),
});

export const BACK_WRITTEN: StoredRecord<BackWritten> = {
  name: 'What a way back has written',
  version: VERSIONS.backWritten,
  schema: z.object({ run: z.string(), tables: z.record(z.string(), Table) }),
};
