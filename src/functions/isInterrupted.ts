import type { LocalHost } from '../config/localHost.ts';

/** Work stores its heartbeat once a second, and waits between two attempts are at most half of this. */
const SILENCE_MS = 60_000;

/** Heartbeats missed after which a status says so: a process that died is noticed long before its work is given to another one. */
const MISSED_MS = 15_000;

/** The later of two signs of life, of which the first is there in any case: an orchestration's last step, and a heartbeat of its work. ISO 8601. */
export function lastSignOf(signAt: string, otherAt: string | null): string {
  return otherAt !== null && Date.parse(otherAt) > Date.parse(signAt) ? otherAt : signAt;
}

/** Since when a migration that should be at work has given no sign of life; null where the last one is fresh. */
export function silentSince(lastSignAt: string, nowMs: number): string | null {
  return nowMs - Date.parse(lastSignAt) > MISSED_MS ? lastSignAt : null;
}

/**
 * Is a migration that is under way and does not wait without a process that does it? In a local host that only looks, certainly, and in
 * one that works, certainly not: it is that process. In a deployed app where a running one has been silent for a minute. One
 * that is suspended waits, and one that is pending may not have been begun yet.
 */
export function isInterrupted(
  isPending: boolean,
  lastSignAt: string,
  host: LocalHost | undefined,
  nowMs: number,
): boolean {
  if (host !== undefined) return host === 'looks';
  return !isPending && nowMs - Date.parse(lastSignAt) > SILENCE_MS;
}
