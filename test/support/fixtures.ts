import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The MLflow releases of which a dump is in `test/fixtures`, oldest first. */
export const FIXTURE_VERSIONS = ['1.30.1', '2.22.5', '3.17.2', '3.18.0'] as const;

export type FixtureVersion = (typeof FIXTURE_VERSIONS)[number];

/** What a dump holds, as its maker counted. */
export interface FixtureCounts {
  readonly alembic: string;
  /** Rows by table, `alembic_version` and empty tables included. */
  readonly tables: Readonly<Record<string, number>>;
}

/** The dump, gzipped. */
export function fixtureFile(version: FixtureVersion): string {
  return fileURLToPath(new URL(`../fixtures/mlflow-${version}.sql.gz`, import.meta.url));
}

export async function fixtureCounts(version: FixtureVersion): Promise<FixtureCounts> {
  const file = fileURLToPath(new URL(`../fixtures/mlflow-${version}.counts.json`, import.meta.url));
  return JSON.parse(await readFile(file, 'utf8')) as FixtureCounts;
}

/** The database that `servers.ts` restored the dump into: to be cloned, never to be connected to. */
export function templateName(version: FixtureVersion): string {
  return `template_${version.replaceAll('.', '_')}`;
}
