import type { ApiClient } from './apiClient.ts';

/** A function app that the command talks to: a deployed one, or a local host that it started. */
export interface App {
  readonly client: ApiClient;
  readonly isLocal: boolean;
  /** Rejected when a local host ends on its own; never settled otherwise. */
  readonly failed: Promise<never>;
  /** Stops what was started here; a run that is under way can be resumed. May be called twice. */
  readonly stop: () => Promise<void>;
}
