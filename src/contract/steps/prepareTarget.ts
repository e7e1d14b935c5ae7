import type { MigrationRequest } from '../migrationRequest.ts';

export interface PrepareInput {
  readonly id: string;
  readonly plan: string;
  /** Tells this run of the migration from others. */
  readonly run: string;
  readonly request: MigrationRequest;
}

/** What preparing came to. */
export interface PreparedTarget {
  /** Token of the claim: whoever writes shows it. */
  readonly writer: string;
  /** Did the source's revision stand there before, as this migration writes it? */
  readonly wasMarked: boolean;
}
