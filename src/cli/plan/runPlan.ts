import type { StartRequest } from '../../contract/startRequest.ts';

/** What a run is to do: `analyse` and `validate` write nothing to the target. */
export type RunMode = 'migrate' | 'analyse' | 'validate';

/** What one call of the command asks the app for. */
export interface RunPlan {
  readonly mode: RunMode;
  /** Name of the state directory, and of the migration; null leaves the choice to a deployed app. */
  readonly baseName: string | null;
  /** Body of the start request. */
  readonly body: StartRequest;
  /** Settings for the local host; they hold the URIs. */
  readonly settings: Readonly<Record<string, string>>;
  /** True when no target is named, so that a local MongoDB must be started. */
  readonly needsMongod: boolean;
  readonly source: string;
  readonly target: string;
}
