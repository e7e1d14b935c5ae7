import type { MigrateState } from '../migrateState.ts';
import type { MigrationRequest } from '../migrationRequest.ts';

export interface ReportInput {
  readonly id: string;
  readonly request: MigrationRequest;
  readonly state: MigrateState;
  readonly finishedAt: string;
}
