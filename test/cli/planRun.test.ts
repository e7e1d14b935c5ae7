import { expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/options/parseArguments.ts';
import { readOptions } from '../../src/cli/options/readOptions.ts';
import { planRun } from '../../src/cli/plan/planRun.ts';
import type { RunPlan } from '../../src/cli/plan/runPlan.ts';
import { type ConfigFile, parseConfigFile } from '../../src/config/schemas/configFile.ts';

const plan = (args: readonly string[], config: ConfigFile = {}, env: Record<string, string> = {}): RunPlan =>
  planRun(readOptions(parseArguments(args), env), config, env);

const PG = 'postgresql://u:canary@db:5432/mlflow';
const MONGO = 'mongodb://u:canary@mongo/target';
const ends = ['--postgres-uri', PG, '--mongodb-uri', MONGO];

test('hands URIs over as settings, and names them in the body', () => {
  const made = plan(ends);
  expect(made).toMatchObject({
    kind: 'migration',
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

test('what an option says of schema and database wins over the file, too', () => {
  const config: ConfigFile = { source: { schema: 'a' }, destination: { database: 'x' } };
  const said = plan(['--postgres-uri', `${PG}?schema=b`, '--mongodb-uri', 'mongodb://mongo/y'], config);
  expect(said.target).toBe('mongo:27017/y');
  expect(said.body.source).toEqual({ secret: 'POSTGRES_URI' });
  expect(said.body.destination).toEqual({ secret: 'MONGODB_URI' });
  const open = plan(['--postgres-uri', PG, '--mongodb-uri', 'mongodb://mongo'], config);
  expect(open.target).toBe('mongo:27017/x');
  expect(open.body.source).toMatchObject({ schema: 'a' });
  expect(open.body.destination).toMatchObject({ database: 'x' });
});

test.each(['--resume', '--catch-up', '--drop-target'])('%s is no dry run, which a file may ask for', (option) => {
  const config = parseConfigFile('{"migration_settings":{"dry_run":true}}', 'x');
  expect(plan(ends, config).kind).toBe('analysis');
  expect(() => plan([...ends, option], config)).toThrow(`${option} cannot go with migration_settings.dry_run`);
});

const name = (...args: string[]): string | null => {
  const others = Object.entries({ '--postgres-uri': PG, '--mongodb-uri': MONGO }).filter(
    ([key]) => !args.includes(key),
  );
  return plan([...others.flat(), ...args]).baseName;
};

test.each([
  ['other settings', '--parallel', '3'],
  ['another port', '--postgres-uri', 'postgresql://db:6432/mlflow'],
  ['another host of a list', '--postgres-uri', 'postgresql://other,db/mlflow'],
  ['another member of the target', '--mongodb-uri', 'mongodb://mongo1,mongo2:27018/target?replicaSet=rs'],
])('%s find the same state again', (_what, ...args) => {
  expect(name()).toMatch(/^mlflow-to-target-[0-9a-f]{8}$/);
  expect(name(...args)).toBe(name());
});

test('another database, schema, layout or workspace has state of its own', () => {
  const withSchema = (query: string): string | null => name('--postgres-uri', `${PG}?${query}`);
  const teamA = withSchema('options=-csearch_path%3Dteam_a');
  const others = [
    name('--layout', 'mlflow'),
    name('--layout', 'mlflow', '--workspace', 'team'),
    name('--mongodb-uri', 'mongodb://mongo/other'),
    name('--postgres-uri', 'postgresql://db/other'),
    plan(['--postgres-uri', PG]).baseName,
    teamA,
    withSchema('schema=team_b'),
    withSchema('options=-c%20statement_timeout%3D5%20-c%20search_path%3Dteam%5C%20c'),
  ];
  expect(new Set([name(), ...others]).size).toBe(others.length + 1);
  const alike = ['search_path=team_a', 'currentSchema=team_a', 'options=--search-path%3Dteam_a%20-cjit%3Doff'];
  for (const query of alike) expect(withSchema(query), query).toBe(teamA);
  expect(name('--name', 'mine')).toBe('mine');
});

test('a setting that the host would refuse is refused before it is started', () => {
  expect(() => plan(ends, {}, { TASKHUB_NAME: 'A' })).toThrow('TASKHUB_NAME must be 3 to 45');
  expect(() => plan(ends, {}, { REPORT_SIGNING_KEY: 'x' })).toThrow('REPORT_SIGNING_KEY holds no Ed25519');
});

test('a secret of the file that is not set is told with the connection that has almost its name, and no other variable', () => {
  const look = (secret: string) =>
    plan(['--mongodb-uri', MONGO], { source: { secret } }, { POSTGRES_URI: PG, HOME: '/' });
  expect(() => look('POSTGRES_UR')).toThrow(
    expect.objectContaining({ hint: 'There is a setting POSTGRES_URI: did you mean POSTGRES_URI?' }),
  );
  expect(() => look('HOMEE')).toThrow(
    expect.objectContaining({
      message: 'Setting HOMEE is missing, and KEY_VAULT_URI names no Key Vault to look in',
      hint: 'Set HOMEE to the connection URI',
    }),
  );
});

test('what may be deleted and taken over is asked for by name, and by nothing else', () => {
  expect(plan([...ends, '--adopt-target', '--allow-deletes', '12']).body).toMatchObject({
    adoptTarget: true,
    migration_settings: { allow_deletes: 12 },
  });
  const config = parseConfigFile('{"migration_settings":{"allow_deletes":"all"}}', 'x');
  expect(plan(ends, config).body).toMatchObject({ migration_settings: { allow_deletes: 'all' } });
  expect(plan([...ends, '--allow-deletes', '0'], config).body).toMatchObject({
    migration_settings: { allow_deletes: 0 },
  });
  expect(plan([...ends, '--yes']).body).not.toHaveProperty('migration_settings');
});

test('a deployed app is told that every default is meant', () => {
  expect(plan(['--url', 'https://app.example']).body).toEqual({ defaults: true });
});

test('dry runs and comparisons keep the directory of the migration, under names of their own', () => {
  const long = 'n'.repeat(64);
  expect(plan([...ends, '--name', 'lab', '--dry-run'])).toMatchObject({
    kind: 'analysis',
    baseName: 'lab',
    body: { name: 'lab-analysis' },
  });
  expect(plan(['validate', ...ends, '--name', long])).toMatchObject({
    kind: 'comparison',
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

test('of a file that serves migrations, a comparison takes only what it acts on', () => {
  const settings = { throughput: { during: 4000 }, allow_throughput: 'all', allow_deletes: 5, parallel: 2 } as const;
  const ofFile = (args: readonly string[]) => plan([...args, ...ends], { migration_settings: settings }).body;
  expect(ofFile([]).migration_settings).toEqual(settings);
  expect(ofFile(['validate'])).toMatchObject({ validateOnly: true, migration_settings: { parallel: 2 } });
  expect(Object.keys(ofFile(['validate']).migration_settings ?? {})).toEqual(['parallel']);
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

test('a directory holds the blobs of a local run where the environment says so', () => {
  const env = { AzureWebJobsStorage: 'file:///var/lib/blobs' };
  expect(plan(ends, {}, env).kind).toBe('migration');
  expect(() => plan(ends, {}, { AzureWebJobsStorage: 'file:blobs' })).toThrow(
    /^Setting AzureWebJobsStorage must be the connection string/,
  );
});
