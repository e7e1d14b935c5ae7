import type { GetVaultSecret } from '../config/azureCredential.ts';
import type { Environment } from '../config/environment.ts';
import { DEFAULT_LAYOUT, type LayoutName } from '../contract/layoutName.ts';
import type { Output } from './display/output.ts';
import type { Arguments } from './options/parseArguments.ts';
import type { CommandOptions } from './options/readOptions.ts';

/** What is known of the run so far, for the document that `--json` prints whatever happens. */
export interface RunFacts {
  id: string | null;
  name: string | null;
  /** Name of a run that an app was asked to start, before it has answered: whether it has begun is not known then. */
  asked: string | null;
  layout: LayoutName;
  dryRun: boolean;
  source: string | null;
  target: string | null;
}

/** What every subcommand works with. */
export interface CommandContext {
  readonly options: CommandOptions;
  /** The same as they were written. */
  readonly given: Arguments['options'];
  readonly env: Environment;
  readonly output: Output;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  readonly facts: RunFacts;
  /** Asks a Key Vault, with the login of whoever runs the command. */
  readonly getVaultSecret: GetVaultSecret;
}

/** What is known of a run before anything was planned; a failure document is made of it all the same. */
export function noFacts(): RunFacts {
  return {
    id: null,
    name: null,
    asked: null,
    layout: DEFAULT_LAYOUT,
    dryRun: false,
    source: null,
    target: null,
  };
}
