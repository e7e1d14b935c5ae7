/** CPU of one process, as `/proc/PID/stat` tells it. */
export interface ProcessStat {
  readonly parent: number;
  /** Seconds of user and kernel time of all its threads. */
  readonly ownSeconds: number;
  /** The same of children that have ended and were waited for. */
  readonly reapedSeconds: number;
}

/** A tick of `/proc` on every architecture that Node.js runs on (USER_HZ), whatever the kernel's own clock does. */
const TICKS_PER_SECOND = 100;

/** Reads a line of `/proc/PID/stat`. The name of the process stands in brackets and may hold spaces and brackets itself. */
export function parseStat(text: string): ProcessStat {
  // From the third field on: state, parent, … utime, stime, cutime, cstime are fields 14 to 17 of proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (first: number): number => (Number(fields[first - 3]) + Number(fields[first - 2])) / TICKS_PER_SECOND;
  return { parent: Number(fields[1]), ownSeconds: seconds(14), reapedSeconds: seconds(16) };
}

/** Seconds in which the machine's cores were busy, of the first line of `/proc/stat`: user, nice, system, irq, softirq. */
export function parseBusySeconds(text: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(text)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** Bytes of a line of `/proc/PID/status` such as `VmHWM`; 0 where it has none, as kernel threads and ended processes. */
export function parseMemory(status: string, name: 'VmHWM' | 'VmRSS' | 'RssAnon' | 'RssShmem'): number {
  return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}
