import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';

/** A request as the start route fills it in. */
export const REQUEST: MigrationRequest = {
  name: 'm',
  source: { kind: 'secret', secret: 'POSTGRES_URI', schema: null },
  target: { kind: 'secret', secret: 'MONGODB_URI', database: null },
  layout: 'tables',
  tables: null,
  workspace: null,
  experiments: null,
  batchSize: 'auto',
  validate: 'full',
  parallel: null,
  dryRun: false,
  dropTarget: false,
  allowExisting: false,
  adoptTarget: false,
  catchUp: false,
  follow: null,
  validateOnly: false,
  throughput: null,
  uniqueIndexes: 'auto',
  exclude: [],
  shardKeys: {},
  stallMinutes: 15,
  allowThroughput: null,
  allowDeletes: null,
};
