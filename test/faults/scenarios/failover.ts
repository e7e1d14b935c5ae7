import { randomBytes } from 'node:crypto';
import { createDatabase } from '@mlflow-migrate/dev-servers/databases';
import pg from 'pg';
import { seedScale } from '../../../bench/seedScale.ts';
import { startOwnPostgres } from '../../support/ownPostgres.ts';
import type { Arena } from './arena.ts';
import type { Outcome } from './outcome.ts';
import { type PhaseFaults, runInPhases, SLOWLY } from './runInPhases.ts';

const DATABASE = 'mlflow';
/** Lets a standby in, which the cluster's own file does not. */
const ACCESS = 'host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n';

/** PostgreSQL with a standby that follows it. The first of the two hosts is killed in the middle, and the second promoted. */
export async function* failoverRounds(arena: Arena): AsyncGenerator<Outcome> {
  for (const phase of ['copy', 'proof'] as const) {
    const password = randomBytes(12).toString('hex');
    await using primary = await startOwnPostgres({ password, access: ACCESS });
    const uriOf = (database: string, ...ports: number[]) =>
      `postgresql://postgres:${password}@${ports.map((port) => `127.0.0.1:${port}`).join(',')}/${database}`;
    await seedScale(await createDatabase(uriOf('postgres', primary.port), DATABASE), 1);
    await using standby = await primary.asStandby({
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres password=${password}`,
    });
    await primary.start();
    const fail = async () => {
      await primary.kill();
      const client = new pg.Client({ connectionString: uriOf(DATABASE, standby.port) });
      await client.connect();
      await client.query('select pg_promote()');
      await client.end();
    };
    const faults: PhaseFaults = phase === 'copy' ? { copy: fail } : { proof: fail };
    const migration = await arena.newMigration('large', {
      postgresUri: uriOf(DATABASE, primary.port, standby.port),
      comparedUri: uriOf(DATABASE, standby.port),
      args: SLOWLY,
    });
    yield await runInPhases(migration, faults, { scenario: 'failover', what: `first host killed in the ${phase}` });
  }
}
