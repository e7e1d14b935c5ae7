import { expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/parseArguments.ts';
import { planRun, type RunPlan } from '../../src/cli/planRun.ts';
import { readOptions } from '../../src/cli/readOptions.ts';
import { type ConfigFile, parseConfigFile } from '../../src/config/schemas/configFile.ts';

const plan = (args: readonly string[], config: ConfigFile = {}, env: Record<string, string> = {}): RunPlan =>
  planRun(readOptions(parseArguments(args), env), config, env);

const PG = 'postgresql://u:canary@db:5432/mlflow';
const MONGO = 'mongodb://u:canary@mongo/target';
const ends = ['--postgres-uri', PG, '--mongodb-uri', MONGO];

test('hands URIs over as settings, and names them in the body', () => {
  const made = plan(ends);
  expect(made).toMatchObject({
    mode: 'migrate',
    source: 'db:5432/mlflow',
    target: 'mongo:27017/target',
    needsMongod: false,
    settings: { POSTGRES_URI: PG, MONGODB_URI: MONGO },
    body: { name: made.baseName, source: { secret: 'POSTGRES_URI' }, destination: { secret: 'MONGODB_URI' } },
  });
  expect(JSON.stringify(made.body)).not.toContain('canary');
});

test('options win over the file, and the file over the environment', () => {
  const config = parseConfigFile(
    '{"source":{"connection_uri":"postgresql://file/a"},"destination":{"recommended":"mongodb://file/b"},"migration_settings":{"batch_size":7,"validate_data":false}}',
    'x',
  );
  const env = { POSTGRES_URI: 'postgresql://env/a', MONGODB_URI: 'mongodb://env/b' };
  expect(plan([], {}, env)).toMatchObject({ source: 'env:5432/a', target: 'env:27017/b' });
  expect(plan([], config, env)).toMatchObject({
    source: 'file:5432/a',
    target: 'file:27017/b',
    body: { migration_settings: { batch_size: 7 } },
  });
  expect(plan([...ends, '--batch-size', 'auto', '--validate', 'counts'], config, env)).toMatchObject({
    source: 'db:5432/mlflow',
    target: 'mongo:27017/target',
    body: { migration_settings: { batch_size: 'auto', validate: 'counts', validate_data: false } },
  });
});

test('the same pair finds its own name again, and no other pair or layout shares it', () => {
  const name = (...args: string[]): string | null => plan([...ends, ...args]).baseName;
  expect(name()).toMatch(/^mlflow-to-target-[0-9a-f]{8}$/);
  expect(name('--parallel', '3')).toBe(name());
  const others = [
    name('--layout', 'mlflow'),
    name('--mongodb-uri', 'mongodb://mongo/other'),
    name('--postgres-uri', 'postgresql://db2/mlflow'),
  ];
  expect(new Set([name(), ...others]).size).toBe(4);
  expect(name('--name', 'mine')).toBe('mine');
});

test('dry runs and comparisons keep the directory of the migration, under names of their own', () => {
  const long = 'n'.repeat(64);
  expect(plan([...ends, '--name', 'lab', '--dry-run'])).toMatchObject({
    mode: 'analyse',
    baseName: 'lab',
    body: { name: 'lab-analysis' },
  });
  expect(plan(['validate', ...ends, '--name', long])).toMatchObject({
    mode: 'validate',
    baseName: long,
    body: { name: `${'n'.repeat(55)}-validate` },
  });
});

test('starts a MongoDB only when nothing names a target', () => {
  expect(plan(['--postgres-uri', PG])).toMatchObject({ needsMongod: true, target: 'local-mongodb/mlflow_migrated' });
  expect(plan(['--postgres-uri', PG], {}, { MONGODB_URI: MONGO }).needsMongod).toBe(false);
});

test('the preset of the original tool reads its source from its own setting', () => {
  const made = plan(['--quick-migrate-autonomize'], {}, { AUTONOMIZE_POSTGRES_URI: PG });
  expect(made).toMatchObject({
    source: 'db:5432/mlflow',
    target: 'localhost:27017/mlflow_migrated',
    settings: { AUTONOMIZE_POSTGRES_URI: PG, MONGODB_URI: 'mongodb://localhost:27017/mlflow_migrated' },
    body: { source: { secret: 'AUTONOMIZE_POSTGRES_URI' } },
  });
});

test('presets of the config file are chosen by name', () => {
  const config = parseConfigFile(
    '{"presets":{"lab":{"source":{"connection_uri":"postgresql://lab/a"},"destination":{"connection_uri":"mongodb://lab/b"}}}}',
    'x',
  );
  expect(plan(['--config', 'x', '--preset', 'lab'], config)).toMatchObject({
    source: 'lab:5432/a',
    target: 'lab:27017/b',
  });
  expect(() => plan(['--config', 'x', '--preset', 'lba'], config)).toThrow(/^The config file defines no preset lba$/);
});

test('leaves names to a Key Vault, and refuses a URI beside it', () => {
  const env = { KEY_VAULT_URI: 'https://v.vault.azure.net' };
  expect(plan(['--name', 'x'], { source: { secret: 'A' }, destination: { secret: 'B' } }, env)).toMatchObject({
    settings: env,
    source: 'secret A',
    body: { source: { secret: 'A' }, destination: { secret: 'B' } },
  });
  expect(() => plan(['--postgres-uri', PG], { destination: { secret: 'B' } }, env)).toThrow('One end is a URI');
  expect(plan(ends, {}, env).settings['KEY_VAULT_URI']).toBe('');
});

test('hands on what a source by parts says, with its schema', () => {
  const config = parseConfigFile(
    '{"source":{"host":"h","user":"u","password":"p w","database":"d","schema":"ml"},"destination":{"recommended":"mongodb://m","database":"x"}}',
    'x',
  );
  expect(plan([], config)).toMatchObject({
    target: 'm:27017/x',
    settings: { POSTGRES_URI: 'postgresql://u:p%20w@h:5432/d' },
    body: { source: { secret: 'POSTGRES_URI', schema: 'ml' }, destination: { secret: 'MONGODB_URI', database: 'x' } },
  });
});
