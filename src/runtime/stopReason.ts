import type { StopReason } from '../contract/operatorWord.ts';
import { MigrationError } from '../errors.ts';

/** The reason that an aborted signal carries. */
export function stopped(why: StopReason): MigrationError {
  return new MigrationError('interrupted', `Work was asked to stop (${why})`, { cause: why });
}

/** Why work under this signal was asked to stop, null where it was not. */
export function stopReason(signal: AbortSignal): StopReason | null {
  return signal.aborted ? ((signal.reason as MigrationError).cause as StopReason) : null;
}
