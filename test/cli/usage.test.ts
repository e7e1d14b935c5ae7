import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { OPTIONS } from '../../src/cli/options/optionTable.ts';
import { runCli, runHere, temporaryDirectory } from './runCli.ts';

test('--help goes to stdout, whatever else is said', async () => {
  const { code, stdout, stderr } = await runCli(['--help', '--nonsense']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/Usage: node \S+main\.ts \[command\] \[options\]/);
  expect((await runHere(['status', '--help'])).stdout).toContain('Usage: mlflow-migrate status [NAME] [options]');
});

test('help all tells of every option, the environment and the exit codes', async () => {
  const { stdout } = await runHere(['help', 'all']);
  for (const { name } of OPTIONS) expect(stdout).toContain(`--${name}`);
  for (const word of [
    'POSTGRES_URI',
    'MONGODB_URI',
    'PGCONNECT_TIMEOUT',
    'MLFLOW_MIGRATE_KEY',
    'MLFLOW_MIGRATE_TOKEN',
    'NO_COLOR',
    'Example:',
  ]) {
    expect(stdout).toContain(word);
  }
  expect(stdout).toMatch(/^ {2}130 /m);
});

test('--version prints the version of the package', async () => {
  const file = readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8');
  expect((await runCli(['--version'])).stdout).toBe(`${JSON.parse(file).version}\n`);
});

test.each([
  [['--bacth-size', '5'], 'Unknown option --bacth-size; did you mean --batch-size?'],
  [['--colour'], 'Unknown option --colour'],
  [['--postgres-url=postgresql://u:hunter22@h/d'], 'Unknown option --postgres-url; did you mean --postgres-uri?'],
  [['statsu'], 'Unknown command statsu; did you mean status?'],
  [['statsu', '--help'], 'Unknown command statsu; did you mean status?'],
  [['--version', 'statsu'], 'Unknown command statsu; did you mean status?'],
  [['postgresql://u:hunter22@h/d'], 'Unknown command a URI'],
  [[''], 'Unknown command ""\n'],
  [['status\u200b'], 'Unknown command status\\u{200b}; did you mean status?'],
  [['status', 'lab', ' '], 'Unexpected argument " "\n'],
  [['status', 'a', 'b'], 'Unexpected argument b'],
  [['migrate', 'lab'], 'Unexpected argument lab; the name of a migration goes behind --name'],
  [
    ['--postgres-uri', 'postgresql://h/d?sslmode=verify-all', '--mongodb-uri', 'mongodb://h/x'],
    '--postgres-uri has an sslmode that does not exist; did you mean verify-full?',
  ],
  [['init', 'now'], 'Unexpected argument now\n'],
  [['help', 'statsu'], 'There is no help on statsu; did you mean status?'],
  [['completion', 'tcsh'], 'completion needs a shell: bash, zsh, fish'],
  [
    ['--postgres-uri', 'postgresql://h/a', '--postgres-uri=postgresql://h/b'],
    '--postgres-uri is given twice with different values',
  ],
  [['--validate', 'full', '--validate', 'none'], '--validate is given twice with different values'],
  [['--tables', 'a', '--tables', 'b'], '--tables is given twice with different values; write it as A,B'],
  [['--exclude', 'a', '--exclude', 'b'], '--exclude is given twice with different values; write it as A,B'],
  [['status', '--tables', 'runs'], 'status does not read --tables'],
  [['status', '--dry-run'], 'status does not read --dry-run'],
  [['report', '--parallel', '2'], 'report does not read --parallel'],
  [['cancel', '--drop-target'], 'cancel does not read --drop-target'],
  [['suspend', '--batch-size', '5'], 'suspend does not read --batch-size'],
  [['validate', '--dry-run'], 'validate does not read --dry-run'],
  [['validate', '--catch-up'], 'validate does not read --catch-up'],
  [['grants', '--state-dir', 'x'], 'grants does not read --state-dir'],
  [['--for', 'ru'], '--for belongs to grants'],
  [['cancel', 'lab', '--name', 'other'], 'cancel is given two names'],
  [['--dry-run=yes'], '--dry-run takes no value'],
  [['--name'], '--name needs a value: NAME'],
  [['--name', '--quiet'], '--name needs a value: NAME'],
  [['--batch-size', '-5'], '--batch-size must be a whole number from 1 to 100000, or auto'],
  [['--batch-size', '0'], '--batch-size must be a whole number from 1 to 100000, or auto'],
  [['--batch-size', '1e3'], '--batch-size must be a whole number from 1 to 100000, or auto'],
  [['--parallel', '65'], '--parallel must be a whole number from 1 to 64'],
  [['--follow', '0'], '--follow must be a whole number from 1 to 86400'],
  [['--follow', 'often'], '--follow must be a whole number from 1 to 86400'],
  [['--follow='], '--follow is empty'],
  [['--layout', 'table'], '--layout must be tables or mlflow; did you mean tables?'],
  [['--validate', 'all'], '--validate must be none or counts or full'],
  [['--tables', 'a,,b'], '--tables is no list of tables; write it as A,B, and a name with a comma in double quotes'],
  [['--tables', `runs,${'a'.repeat(64)}`], '--tables has a name of more than 63 characters, which no table'],
  [['--experiments', 'a'.repeat(501)], '--experiments has a name of more than 500 characters, which no experiment'],
  [['--workspace', 'a'.repeat(256)], '--workspace has more than 255 characters, which no workspace'],
  [['--map-artifacts', 's3://a=s3://a'], '--map-artifacts TO names the same place as what it replaces'],
  [['suspend', 'a b'], 'a b is no name of a migration: it must be 1 to 100 letters, digits, - or _'],
  [['status', 'postgresql://u:hunter22@h/d'], 'a URI is no name of a migration: it must be 1 to 100 letters, digits'],
  [['suspend', '--name', 'a b'], '--name must be 1 to 100 letters, digits, - or _'],
  [['--name', 'a/../b'], '--name must be 1 to 64 letters, digits, - or _'],
  [['--dry-run', '--resume'], '--dry-run and --resume cannot be used together'],
  [['--adopt-target', '--drop-target'], '--adopt-target and --drop-target cannot be used together'],
  [['--allow-deletes', 'many'], '--allow-deletes must be a whole number from 0 to 999999999999999, or all'],
  [['--preset', 'lab'], '--preset needs --config, which defines presets'],
  [['--url', 'app.example'], '--url must be the address of the function app, such as https://app.azurewebsites.net'],
  [['--url', 'http://app.example'], '--url must be https:// for another machine, as the key travels with each request'],
  [
    ['--url', 'https://app.example', '--postgres-uri', 'postgresql://h/d'],
    '--postgres-uri cannot go with --url: a deployed app takes connections by the name of a secret',
  ],
  [
    ['status', '--url', 'https://app.example', '--state-dir', 'x'],
    '--state-dir cannot go with --url: a deployed app keeps its own state',
  ],
  [[], 'There is no source to migrate from'],
  [
    ['--postgres-uri', 'db:5432/mlflow'],
    '--postgres-uri is not a connection URI: it has no scheme such as postgresql://',
  ],
  [['--postgres-uri', 'mongodb://u:hunter22@h/d'], '--postgres-uri has the scheme mongodb://, expected postgresql://'],
  [
    ['--quick-migrate-autonomize'],
    'Setting AUTONOMIZE_POSTGRES_URI is missing, and KEY_VAULT_URI names no Key Vault to look in',
  ],
  [
    ['--postgres-uri', 'postgresql://u:hunter22@h/d', '--mongodb-uri', 'mongodb://h', '--drop-target'],
    '--drop-target asks first, and there is no terminal to ask on',
  ],
  [['--config', 'no-such-file.json'], 'The file of --config does not exist: no-such-file.json'],
])('refuses %j with exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await runHere(args);
  expect(stderr).toContain(`Error: ${message}`);
  expect(stderr).not.toContain('hunter22');
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('an option may be said twice, and each command takes what it reads', async () => {
  const twice = await runHere(['--name', 'lab', '--name=lab', '--json', '--json', '--config', 'no-such-file.json']);
  expect(twice.stderr).toContain('The file of --config does not exist');
  const missing = 'There is no migration lab in /no/such/place';
  const at = ['lab', '--name', 'lab', '--state-dir', '/no/such/place'];
  expect((await runHere(['cancel', ...at, '--mongodb-uri', 'mongodb://h/a'])).stderr).toContain(missing);
  expect((await runHere(['report', ...at, '--report-dir', tmpdir()])).stderr).toContain(missing);
});

test('--resume of a name that there is not starts nothing, and tells the nearest', async () => {
  await using directory = await temporaryDirectory();
  for (const name of ['nightly', 'lab']) await mkdir(join(directory.path, name));
  const ends = ['--postgres-uri', 'postgresql://127.0.0.1:9/a', '--mongodb-uri', 'mongodb://127.0.0.1:9/b'];
  const { code, stderr } = await runHere([...ends, '--resume', '--name', 'nigthly', '--state-dir', directory.path]);
  expect(stderr).toBe(
    `Error: There is no migration nigthly to resume in ${directory.path}; did you mean nightly?\n` +
      '  There is lab, nightly. To start a migration of this name, leave --resume out\n',
  );
  expect({ code, places: (await readdir(directory.path)).toSorted() }).toEqual({ code: 2, places: ['lab', 'nightly'] });
});

test('lists all faults of a command line, and both ends of a migration, at once', async () => {
  const options = await runHere(['--batch-size', 'many', '--layuot', 'tables', '--parallel', 'x']);
  expect(options.stderr).toContain('Unknown option --layuot; did you mean --layout?; --batch-size must be');
  expect(options.stderr).toContain('--parallel must be');
  const ends = await runHere(['--postgres-uri', 'db/mlflow', '--mongodb-uri', 'host/db']);
  expect(ends.stderr).toContain('--postgres-uri is not a connection URI');
  expect(ends.stderr).toContain('--mongodb-uri is not a connection URI');
});

test.each([
  [
    '{"source": {"connection_uri": "postgresql://u:hunter22@h/d",}}',
    'is not JSON: line 1, column 61: a comma stands before }',
  ],
  [
    '{"migration_settings": {"batchsize": 5}}',
    'Unknown key migration_settings.batchsize; did you mean migration_settings.batch_size?',
  ],
  [
    '{"migration_settings": {"batch_size": "5"}}',
    'migration_settings.batch_size must be a whole number from 1 to 100000, or "auto"',
  ],
  [
    '{"source": {"connection_uri": "hunter22@h/d"}}',
    'The source of the config file is not a connection URI: it has no scheme such as postgresql://',
  ],
])('refuses the config file %s with exit code 2', async (text, message) => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'config.json');
  await writeFile(file, text);
  const { code, stderr } = await runHere(['--config', file]);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('hunter22');
  expect(code).toBe(2);
});

test('a setting of the host that is no time is refused by its own name, with exit code 2', async () => {
  await using directory = await temporaryDirectory();
  const ends = ['--postgres-uri', 'postgresql://127.0.0.1:9/a', '--mongodb-uri', 'mongodb://127.0.0.1:9/b'];
  const env = { AzureFunctionsJobHost__functionTimeout: 'half an hour' };
  const { code, stderr } = await runHere([...ends, '--state-dir', directory.path, '--report-dir', directory.path], env);
  expect(stderr).toContain('Error: The setting AzureFunctionsJobHost__functionTimeout is no time');
  expect(code).toBe(2);
});

test('prints one JSON document on stdout for a fault, too', async () => {
  const { code, stdout, stderr } = await runCli(['--json', '--postgres-uri', 'postgresql://u:hunter22@h']);
  expect(code).toBe(2);
  expect(stderr).toContain('Error: --postgres-uri names no database');
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    id: null,
    status: 'failed',
    tables: {},
    totals: { total: 0, migrated: 0, errors: 0 },
    validation: { counts: 'skipped', findings: [] },
    problems: [{ kind: 'config', message: '--postgres-uri names no database' }],
  });
  expect(stdout).not.toContain('hunter22');
});

test('survives a reader that closes stdout early', async () => {
  const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
  const shell = spawn('/bin/sh', ['-c', `"$0" "$1" --help | true`, process.execPath, main]);
  let stderr = '';
  shell.stderr.on('data', (data) => {
    stderr += data;
  });
  await new Promise((done) => shell.on('close', done));
  expect(stderr).toBe('');
});
