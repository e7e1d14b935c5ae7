import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Tells this process also from an earlier one that had its number, as the first process of each container has. */
const WRITER = `${process.pid}.${randomUUID()}`;

/** A name of its own for a file that is written before it takes its real name. It says which process writes it. */
export function unfinishedName(): string {
  return `${WRITER}.${randomUUID()}`;
}

/** Deletes files of {@link unfinishedName} that processes have left which are no more. Throws the system's errors, but none where the directory is missing. */
export async function sweepUnfinished(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const left = names.filter((name) => !isBeingWritten(name));
  await Promise.all(left.map((name) => rm(join(directory, name), { force: true })));
}

function isBeingWritten(name: string): boolean {
  if (name.startsWith(`${WRITER}.`)) return true;
  const writer = Number(/^(\d+)\./.exec(name)?.[1] ?? 0);
  return writer > 0 && writer !== process.pid && isThere(writer);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, and is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
