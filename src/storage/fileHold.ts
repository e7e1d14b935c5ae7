import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { MigrationError } from '../errors.ts';
import type { BlobHold } from './blobStore.ts';

/** As long as the lease of a blob. */
const HOLD_MS = 15_000;

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html; the low byte is the primary code. */
const BUSY = 5;

/**
 * For its owner only, which SQLite would not make it. One that is there is not opened: closing it would take away this process's locks on it
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function tryLock(file: string): Promise<DatabaseSync | null> {
  // Loaded here, as an app on Azure has no use for it.
  const { DatabaseSync } = await import('node:sqlite');
  makeFile(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY) return null;
    throw error;
  }
}

/**
 * Holds a file that is made for this purpose; null while another one, here or in another process, holds it. The lock is SQLite's own:
 * the operating system drops it with the process, so what a killed one has held is free at once. Throws the system's error, such as ENOENT without a directory for it.
 */
export async function holdFile(file: string): Promise<BlobHold | null> {
  const database = await tryLock(file);
  if (database === null) return null;
  const drop = (): void => {
    clearTimeout(timer);
    if (database.isOpen) database.close();
  };
  const timer = setTimeout(drop, HOLD_MS).unref();
  return {
    renew: async () => {
      if (!database.isOpen)
        throw new MigrationError('storage-unavailable', 'A blob was held for too long and is free again');
      timer.refresh();
    },
    release: async () => drop(),
  };
}
