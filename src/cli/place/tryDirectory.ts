import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '@mlflow-migrate/dev-servers/makeDirectory';
import { MigrationError } from '../../errors.ts';

/** Enough for a host to begin with: a file system that is full still takes an empty file, and one that nearly is a small one. */
const PROBE = Buffer.alloc(1024 * 1024);

/**
 * Makes a directory, and makes sure that files can be written to it, so that it is known before any work has been done.
 * `what` begins the message, such as "The state directory"; `option` is the one to choose another by. Throws MigrationError('config').
 */
export function tryDirectory(directory: string, what: string, option: string, mode?: number): void {
  try {
    makeDirectory(directory, mode);
    const probe = join(directory, `.probe-${randomUUID()}`);
    try {
      writeFileSync(probe, PROBE, { flag: 'wx' });
    } finally {
      rmSync(probe, { force: true });
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MigrationError('config', `${what} cannot be used: ${directory} (${code ?? 'unknown reason'})`, {
      hint: `Choose another one with ${option}, or correct its permissions and free room`,
      cause: error,
    });
  }
}
