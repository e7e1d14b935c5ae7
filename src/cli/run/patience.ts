import { DEFAULT_STALL_MINUTES } from '../../contract/migrationSettings.ts';
import type { MigrationError } from '../../errors.ts';
import { isWorthRetrying } from '../app/apiClient.ts';
import type { App } from '../app/app.ts';
import type { RunPlan } from '../plan/runPlan.ts';

/** How long a command bears with an app that cannot answer, in milliseconds. */
export interface Patience {
  /** With one that is silent. */
  readonly silentMs: number;
  /** With one whose storage is away: its run waits for that too, and the command must not end before it. */
  readonly storageMs: number;
}

/** A local host that is silent for longer has a fault; a deployed app may be scaled in or restarted in between. */
const LOCAL_SILENT_MS = 60_000;
const REMOTE_SILENT_MS = 10 * 60_000;
/** A run whose stall time is over may be in the middle of its last attempt. */
const LAST_ATTEMPT_MS = 60_000;

/** The patience with the run of a plan: as long as the run itself may stand still. */
export function patienceFor({ isLocal }: App, { body }: RunPlan): Patience {
  const silentMs = isLocal ? LOCAL_SILENT_MS : REMOTE_SILENT_MS;
  const stallMs = (body.migration_settings?.stall_minutes ?? DEFAULT_STALL_MINUTES) * 60_000;
  return { silentMs, storageMs: Math.max(silentMs, stallMs + LAST_ATTEMPT_MS) };
}

/** Did the app answer that its storage does not? */
export function isStorageAway(error: unknown): error is MigrationError {
  return isWorthRetrying(error) && error.kind === 'storage-unavailable';
}

/** For how long a failure is borne with; null where it says something of the run itself. */
export function patienceWith(error: unknown, { silentMs, storageMs }: Patience): number | null {
  if (!isWorthRetrying(error)) return null;
  return isStorageAway(error) ? storageMs : silentMs;
}
