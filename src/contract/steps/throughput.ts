import type { MigrationRequest } from '../migrationRequest.ts';

export interface RaiseInput {
  readonly id: string;
  readonly plan: string;
  readonly run: string;
  readonly request: MigrationRequest;
  readonly writer: string;
}
