/** What the log of a local host tells of a run. */
export interface HostLog {
  /** Summed durations of the activities by name, in seconds. Units of one phase run side by side. */
  readonly activitySeconds: Readonly<Record<string, number>>;
  /** When the host was ready for its first request, as `Date.now()`. */
  readonly listeningAt: number;
  /** When the first activity that reads rows began, as `Date.now()`; null where none did. */
  readonly firstRowsAt: number | null;
}

const READS_ROWS = ['copyUnit', 'validateUnit'];

/** Reads lines such as `host: 2026-11-28T02:39:42.771Z information user copyUnit: {"event":"activity-done",…}`. */
export function readHostLog(text: string): HostLog {
  const activitySeconds: Record<string, number> = {};
  let listeningAt = Number.NaN;
  let firstRowsAt: number | null = null;
  for (const line of text.split('\n')) {
    const [, time = '', rest = ''] = /^host: (\S+) \w+ (.*)$/.exec(line) ?? [];
    if (rest.startsWith('host: Listening on ')) listeningAt = Date.parse(time);
    const event = /\{"event":"activity-done".*\}$/.exec(rest)?.[0];
    if (event === undefined) continue;
    const { activity, durationMs } = JSON.parse(event) as { activity: string; durationMs: number };
    activitySeconds[activity] = (activitySeconds[activity] ?? 0) + durationMs / 1000;
    const begunAt = Date.parse(time) - durationMs;
    if (READS_ROWS.includes(activity)) firstRowsAt = Math.min(firstRowsAt ?? begunAt, begunAt);
  }
  return { activitySeconds, listeningAt, firstRowsAt };
}
