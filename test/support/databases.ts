import { randomBytes } from 'node:crypto';
import { cloneDatabase, createDatabase, dropDatabase } from '@mlflow-migrate/dev-servers/databases';
import { inject } from 'vitest';
import { type FixtureVersion, templateName } from './fixtures.ts';

/** A PostgreSQL database of the test's own. */
export interface FreshSource {
  readonly uri: string;
  readonly name: string;
  drop(): Promise<void>;
}

/** A copy of a fixture's database, or an empty one. */
export async function freshSource(content: FixtureVersion | 'empty'): Promise<FreshSource> {
  const adminUri = inject('postgresUri');
  const name = uniqueName('source');
  const uri =
    content === 'empty'
      ? await createDatabase(adminUri, name)
      : await cloneDatabase(adminUri, templateName(content), name);
  return { uri, name, drop: () => dropDatabase(adminUri, name) };
}

function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`;
}
