import type { MigrationRequest } from '../migrationRequest.ts';

export interface IndexInput {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  readonly writer: string;
  readonly from: number;
  readonly to: number;
}
