import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DevServerError } from '../devServerError.ts';

/** A user of this machine, by number. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root and wants a user that the machine knows by name; these are there on nearly every one. */
const CANDIDATES = ['postgres', 'nobody'];

/** Who PostgreSQL runs as: undefined means the user of this process, which is right for everybody but root. No user is ever created. */
export async function findServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of CANDIDATES) {
    const entry = entries.find(([entryName]) => entryName === name);
    if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new DevServerError('setup', 'PostgreSQL cannot run as root, and /etc/passwd names no user to run it as', {
    hint: `Create one of the users ${CANDIDATES.join(', ')}, run this as another user, or use a PostgreSQL of your own`,
  });
}

/** True when that user can reach the path and enter (a directory) or run it (a file). Asked of the system itself: a home of root's is mode 700. */
export async function canReach(user: ServerUser | undefined, path: string): Promise<boolean> {
  try {
    await promisify(execFile)('/bin/sh', ['-c', 'test -x "$0"', path], { cwd: '/', ...user });
    return true;
  } catch {
    return false;
  }
}
