import { readdirSync, readFileSync } from 'node:fs';

/** True for a process that runs; one that has ended and that nobody has waited for does not. Reads Linux's /proc: bare machines have no `ps`. */
export function isRunning(pid: number): boolean {
  const state = read(`/proc/${pid}/stat`);
  return state !== '' && !state.includes(') Z ');
}

/** The command lines of all running processes, with spaces between the arguments. */
export function commandLines(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')).filter((line) => line !== '');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has just ended.
    return '';
  }
}
