import { randomBytes } from 'node:crypto';
import { cloneDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { inject } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';
import { Connections } from '../../src/runtime/connections.ts';
import { REQUEST } from '../orchestration/request.ts';
import { type FixtureVersion, templateName } from './fixtures.ts';
import { type Pair, runSql } from './runMigration.ts';

/** A source and an empty target for steps that a test calls itself, without a host. */
export interface StepPair {
  readonly pair: Pair;
  readonly request: MigrationRequest;
  readonly connections: Connections;
}

/** A fixture's copy with what a statement adds to it. Whoever opens it closes its connections. */
export async function openStepPair(release: FixtureVersion, sql: string): Promise<StepPair> {
  const name = randomBytes(6).toString('hex');
  const postgresUri = await cloneDatabase(inject('postgresUri'), templateName(release), `source_${name}`);
  const database = `target_${name}`;
  const mongodbUri = withDatabase(inject('mongodbUri'), database);
  await runSql(postgresUri, sql);
  const [source, target] = ['STEP_SOURCE', 'STEP_TARGET'];
  return {
    pair: { source, target, postgresUri, mongodbUri, database },
    request: {
      ...REQUEST,
      source: { kind: 'secret', secret: source, schema: null },
      target: { kind: 'secret', secret: target, database: null },
    },
    connections: new Connections(createConnectionResolver({ [source]: postgresUri, [target]: mongodbUri })),
  };
}
