import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** A lock that is held until released or until the process ends, however it ends. */
export interface FileLock {
  release(): void;
}

/**
 * Takes the lock on a state file, or throws an error that names the file and the process. The lock is SQLite's own on a
 * file beside it: the operating system drops it with the process, so a SIGKILL leaves nothing stale behind and no process
 * id has to be trusted.
 */
export function lockStateFile(stateFile: string): FileLock {
  const database = new DatabaseSync(`${stateFile}.lock`, { timeout: 0 });
  const ownerFile = `${stateFile}.pid`;
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new Error(`The state file ${stateFile} is in use by another running host${ownerText(ownerFile)}`);
  }
  writeFileSync(ownerFile, String(process.pid));
  return { release: () => database.close() };
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY and SQLITE_LOCKED, https://www.sqlite.org/rescode.html; the low byte is the primary code.
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' && ((code & 0xff) === 5 || (code & 0xff) === 6);
}

function ownerText(ownerFile: string): string {
  try {
    return ` (process ${readFileSync(ownerFile, 'utf8').trim()})`;
  } catch {
    // The owner has locked and not yet written its id: the message does without.
    return '';
  }
}
