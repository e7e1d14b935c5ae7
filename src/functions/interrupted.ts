/** Work stores its heartbeat once a second, and waits between two attempts are at most half of this. */
const SILENCE_MS = 60_000;

/** When a migration last gave a sign of life: the newest heartbeat of its work, or its orchestration's last step. ISO 8601. */
export function lastSignOf(heartbeatAt: string | null, orchestrationAt: string): string {
  return heartbeatAt !== null && Date.parse(heartbeatAt) > Date.parse(orchestrationAt) ? heartbeatAt : orchestrationAt;
}

/**
 * Is a migration that is stored as `state` without a process that does it? In a local host that only looks, certainly, and in
 * one that works, certainly not: it is that process. In a deployed app where a running one has been silent for a minute. One
 * that is suspended waits, and one that is pending may not have been begun yet.
 */
export function isInterrupted(
  state: 'pending' | 'running',
  lastSignAt: string,
  /** Value of the setting of that name. */
  localHost: string | undefined,
  nowMs: number,
): boolean {
  if (localHost === 'looks' || localHost === 'works') return localHost === 'looks';
  return state === 'running' && nowMs - Date.parse(lastSignAt) > SILENCE_MS;
}
