import type { RunKind } from '../../contract/runKind.ts';
import type { StartRequest } from '../../contract/startRequest.ts';

/** What one call of the command asks the app for. */
export interface RunPlan {
  readonly kind: RunKind;
  /** Name of the state directory, and of the migration; null leaves the choice to a deployed app. */
  readonly baseName: string | null;
  /** False where the name is derived from what else is given. */
  readonly isNamed: boolean;
  /** Body of the start request. */
  readonly body: StartRequest;
  /** Settings for the local host; they hold the URIs. */
  readonly settings: Readonly<Record<string, string>>;
  /** True when no target is named, so that a local MongoDB must be started. */
  readonly needsMongod: boolean;
  readonly source: string;
  readonly target: string;
}
