import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

/** A lock that is held until released or until the process ends, however it ends. */
export interface FileLock {
  release(): void;
}

/** How long a host whose command was killed may take to end: it notices when it has started. */
const PATIENCE_MS = 10_000;
const INTERVAL_MS = 100;

/**
 * Takes the lock on a state file, or throws an error that names the file and the process when its owner does not end
 * within seconds. The lock is SQLite's own on a file beside it: the operating system drops it with the process, so a
 * SIGKILL leaves nothing stale behind and no process id has to be trusted.
 */
export async function lockStateFile(stateFile: string): Promise<FileLock> {
  const ownerFile = `${stateFile}.pid`;
  const until = performance.now() + PATIENCE_MS;
  for (let lock = tryLockFile(`${stateFile}.lock`); ; lock = tryLockFile(`${stateFile}.lock`)) {
    if (lock !== null) {
      writeFileSync(ownerFile, String(process.pid));
      return lock;
    }
    if (performance.now() > until) {
      throw new Error(`The state file ${stateFile} is in use by another running host${ownerText(ownerFile)}`);
    }
    await wait(INTERVAL_MS);
  }
}

/** The lock on a file made for this purpose, or null where somebody else has it. Throws the system's or SQLite's error where the file cannot be made. */
export function tryLockFile(file: string): FileLock | null {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
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
