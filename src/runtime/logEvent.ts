import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';

/** Fields of a log line: names, numbers and kinds, never values of rows. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Adds a line to the migration's log, which stands beside its report. A line that storage does not take is told to the
 * host's log and lost: no work depends on it.
 */
export async function logEvent(blobs: BlobStore, id: string, event: string, fields: LogFields): Promise<void> {
  const line = JSON.stringify({ at: new Date().toISOString(), event, migration: id, ...fields });
  try {
    await blobs.append(blobPaths.log(id), `${line}\n`);
  } catch (error) {
    console.warn(`A log line of ${id} could not be stored: ${error instanceof Error ? error.name : 'unknown error'}`);
  }
}
