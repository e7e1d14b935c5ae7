import { existsSync, readFileSync } from 'node:fs';

/** A process, told apart from a later one that got its id. */
export interface ProcessMark {
  readonly pid: number;
  /** When it began, in ticks since the machine's start; null where the system does not tell (only Linux does). */
  readonly startedAt: string | null;
}

interface Seen {
  readonly state: string;
  readonly startedAt: string;
}

/** What Linux says of a process (`man 5 proc_pid_stat`: fields 3 and 22); null where there is none. */
function look(pid: number): Seen | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' };
  } catch {
    // It has ended, or this system has no such files.
    return null;
  }
}

const hasProc = existsSync('/proc/self/stat');

/**
 * The mark of a process that runs now. Without a time of beginning it tells nothing apart from a later process of that
 * id.
 */
export function markOf(pid: number): ProcessMark {
  return { pid, startedAt: look(pid)?.startedAt ?? null };
}

/** True while that very process runs. One that was killed and that nobody has waited for does not count. */
export function isRunning({ pid, startedAt }: ProcessMark): boolean {
  if (hasProc) {
    const seen = look(pid);
    if (seen === null || seen.state === 'Z' || seen.state === 'X') return false;
    return startedAt === null || seen.startedAt === startedAt;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
