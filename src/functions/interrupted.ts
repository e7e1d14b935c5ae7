/** Work stores its heartbeat once a second, and waits between two attempts are at most half of this. */
const SILENCE_MS = 60_000;

/** When a migration last gave a sign of life: the newest heartbeat of its work, or its orchestration's last step. ISO 8601. */
export function lastSignOf(heartbeatAt: string | null, orchestrationAt: string): string {
  return heartbeatAt !== null && Date.parse(heartbeatAt) > Date.parse(orchestrationAt) ? heartbeatAt : orchestrationAt;
}

/**
 * Is a migration that is stored as `state` without a process that does it? In a host that only looks, certainly; elsewhere
 * where a running one has been silent for a minute. One that is suspended waits, and one that is pending may not have been
 * begun yet.
 */
export function isInterrupted(
  state: 'pending' | 'running',
  lastSignAt: string,
  isHostLooking: boolean,
  nowMs: number,
): boolean {
  return isHostLooking || (state === 'running' && nowMs - Date.parse(lastSignAt) > SILENCE_MS);
}
