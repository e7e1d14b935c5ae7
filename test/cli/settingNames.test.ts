import { expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/options/parseArguments.ts';
import { readOptions } from '../../src/cli/options/readOptions.ts';
import { planRun } from '../../src/cli/plan/planRun.ts';
import type { RunPlan } from '../../src/cli/plan/runPlan.ts';
import type { ConfigFile } from '../../src/config/schemas/configFile.ts';

const plan = (args: readonly string[], env: Record<string, string>, config: ConfigFile = {}): RunPlan =>
  planRun(readOptions(parseArguments(args), env), config, env);

const PG = 'postgresql://db/mlflow';
const MONGO = 'mongodb://mongo/target';

test.each([
  [{ POSTGRES_URI: PG, MONGO_URI: MONGO }, 'Unknown setting MONGO_URI; did you mean MONGODB_URI?'],
  [{ POSTGRES_URL: PG, MONGODB_URI: MONGO }, 'Unknown setting POSTGRES_URL; did you mean POSTGRES_URI?'],
  [
    { POSTGRES_URI: PG, KEYVAULT_URI: 'https://v.vault.azure.net' },
    'Unknown setting KEYVAULT_URI; did you mean KEY_VAULT_URI?',
  ],
  [{ POSTGRES_URI: PG, MONGODB_URI: MONGO, MLFLOW_MIGRATE_KEYY: 'x' }, 'did you mean MLFLOW_MIGRATE_KEY?'],
  [{ POSTGRES_URI: PG, MONGODB_URI: MONGO, PGSSLMOD: 'verify-full' }, 'did you mean PGSSLMODE?'],
])('what %j says is not passed over', (env, message) => {
  expect(() => plan([], env)).toThrow(message);
});

test('names that are near do not matter where the right one is there, or where nothing is looked for', () => {
  const env = { POSTGRES_URI: PG, POSTGRES_URL: 'x', MONGODB_URI: MONGO, MONGO_URL: 'x', KEYVAULT_URL: 'x' };
  expect(plan([], env)).toMatchObject({ source: 'db:5432/mlflow', target: 'mongo:27017/target' });
  const others = { POSTGRES_URL: 'x', MONGO_URL: 'x' };
  expect(plan(['--postgres-uri', PG, '--mongodb-uri', MONGO], others).target).toBe('mongo:27017/target');
});

test('the secret that a configuration file names is not taken for another', () => {
  const config = { source: { secret: 'LAB_SOURCE' }, destination: { connection_uri: MONGO } };
  expect(() => plan([], { LAB_SOURCES: PG }, config)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('Setting LAB_SOURCE is missing'),
      hint: 'There is a setting LAB_SOURCES: did you mean LAB_SOURCES?',
    }),
  );
});

test('the local host gets the task hub and what libpq reads', () => {
  const env = { TASKHUB_NAME: 'Mine', PGSSLMODE: 'require', PGOPTIONS: '-c search_path=ml', UNRELATED: 'x' };
  const { settings } = plan(['--postgres-uri', PG, '--mongodb-uri', MONGO], env);
  expect(settings).toMatchObject({ TASKHUB_NAME: 'Mine', PGSSLMODE: 'require', PGOPTIONS: '-c search_path=ml' });
  expect(settings).not.toHaveProperty('UNRELATED');
});

test('libpq may say in the environment which database is meant', () => {
  const env = { PGHOST: 'pg.example', PGDATABASE: 'ml' };
  expect(plan(['--postgres-uri', 'postgresql://', '--mongodb-uri', MONGO], env).source).toBe('pg.example:5432/ml');
});
