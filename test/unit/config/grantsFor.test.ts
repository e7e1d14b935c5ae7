import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { GRANT_TARGETS, type GrantRequest, type GrantTarget, grantsFor } from '../../../src/config/grantsFor.ts';
import { runHere } from '../../cli/runCli.ts';

const PRINCIPAL = '0f6b2a1c-1111-2222-3333-444455556666';
const request = (target: GrantTarget, rest: Partial<GrantRequest> = {}): GrantRequest => ({
  target,
  user: 'id-mlflow',
  database: 'mlflow',
  schema: null,
  account: 'cosmos-lab',
  ...rest,
});

const statements = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('--'));

test('an Entra role on PostgreSQL may connect and select, and nothing else', () => {
  expect(statements(grantsFor(request('postgres', { schema: 'tracking' })))).toEqual([
    "select * from pgaadauth_create_principal('id-mlflow', false, false);",
    'alter role "id-mlflow" set default_transaction_read_only = on;',
    'grant connect on database "mlflow" to "id-mlflow";',
    'grant usage on schema "tracking" to "id-mlflow";',
    'grant select on all tables in schema "tracking" to "id-mlflow";',
    'alter default privileges in schema "tracking"',
    '  grant select on tables to "id-mlflow";',
  ]);
});

test('no name gets out of its quotes', () => {
  const evil = `a"; drop table x; --'\\`;
  for (const target of ['postgres', 'postgres-password'] as const) {
    const text = grantsFor(request(target, { user: evil, database: evil, schema: evil }));
    const bare = text
      .replaceAll(/^--.*$/gm, '')
      .replaceAll(/E?'(?:[^'\\]|''|\\\\)*'/g, '?')
      .replaceAll(/"(?:[^"]|"")*"/g, '?');
    expect(bare).not.toContain('drop');
    expect(text).toContain('"a""; drop table x; --\'\\"');
  }
  const shell = grantsFor(request('mongodb', { user: '" + db.dropDatabase() + "' }));
  expect(shell).toContain(String.raw`user: "\" + db.dropDatabase() + \""`);
});

test('what people read of it fits a terminal of 80 columns', () => {
  const lines = GRANT_TARGETS.flatMap((target) => grantsFor(request(target)).split('\n'));
  const words = lines.filter((line) => /^(?:--|\/\/|#) /.test(line));
  expect(words.filter((line) => line.length > 80)).toEqual([]);
  expect(words.length).toBeGreaterThan(10);
});

test.each<[Partial<GrantRequest>, GrantTarget, string]>([
  [{ database: null }, 'postgres', 'grants --for postgres needs --database'],
  [{ database: null }, 'mongodb', 'grants --for mongodb needs --database'],
  [{ account: null }, 'vcore', 'grants --for vcore needs --account'],
  [{ user: 'a\nb' }, 'postgres', '--user holds a control character'],
  [{ user: 'a\u202eb' }, 'postgres', '--user holds a control character'],
  [{ user: 'pg_monitor' }, 'postgres-password', '--user begins with pg_'],
  [{ schema: 'é'.repeat(32) }, 'postgres', '--schema is longer than 63 bytes'],
  [{ database: 'a.b' }, 'mongodb', '--database is not a valid name of a MongoDB database'],
  [{ account: "x'; rm -rf ~; '" }, 'ru', '--account is not a valid name of an Azure account'],
  [{ user: '$(rm -rf ~)' }, 'vcore', '--user is neither the name of a user-assigned identity nor an object id'],
])('refuses %j for %s', (rest, target, message) => {
  expect(() => grantsFor(request(target, rest))).toThrow(message);
});

/** Runs the shell lines with an `az` that writes its arguments down, and gives each call's. */
const callsOf = async (script: string, known = true): Promise<{ calls: string[][]; code: number }> => {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-grants-'));
  try {
    const az = join(directory, 'az');
    const log = join(directory, 'calls');
    const id = known ? '/subscriptions/s/resourceGroups/rg-lab/providers/Microsoft.DocumentDB/x/cosmos-lab' : '';
    await writeFile(
      az,
      `#!/bin/sh\nprintf '%s\\n' "$@" '' >>'${log}'\ncase "$1" in resource) echo '${id}' ;; identity) echo '${PRINCIPAL}' ;; esac\n`,
    );
    await chmod(az, 0o755);
    const run = promisify(execFile)('sh', ['-c', script], { env: { PATH: `${directory}:${process.env['PATH']}` } });
    const code = await run.then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    const calls = (await readFile(log, 'utf8')).split('\n\n').filter((call) => call !== '');
    return { calls: calls.map((call) => call.split('\n')), code };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

test('a request-unit account gets a role with one action, assigned on the account alone', async () => {
  const { calls, code } = await callsOf(grantsFor(request('ru')));
  expect(code).toBe(0);
  expect(calls.map((call) => call.slice(0, 3).join(' '))).toEqual([
    'resource list --resource-type',
    'identity list --query',
    'role definition create',
    'role assignment create',
  ]);
  expect(JSON.parse(calls[2]?.at(-1) ?? '')).toMatchObject({
    Actions: ['Microsoft.DocumentDB/databaseAccounts/listConnectionStrings/action'],
    AssignableScopes: ['/subscriptions/s/resourceGroups/rg-lab'],
  });
  expect(calls[3]?.join(' ')).toContain(`--assignee-object-id ${PRINCIPAL}`);
  expect(calls[3]?.at(-1)).toBe('/subscriptions/s/resourceGroups/rg-lab/providers/Microsoft.DocumentDB/x/cosmos-lab');
});

test('a cluster gets the identity as a user; an object id needs no lookup', async () => {
  const { calls, code } = await callsOf(grantsFor(request('vcore', { user: PRINCIPAL })));
  expect(code).toBe(0);
  expect(calls).toHaveLength(2);
  expect(calls[1]?.[4]).toMatch(new RegExp(`/cosmos-lab/users/${PRINCIPAL}\\?api-version=2025-09-01$`));
  expect(JSON.parse(calls[1]?.at(-1) ?? '')).toMatchObject({
    properties: { identityProvider: { type: 'MicrosoftEntraID' }, roles: [{ db: 'admin' }] },
  });
});

test('an account that is not there ends the commands before anything is granted', async () => {
  const { calls, code } = await callsOf(grantsFor(request('ru')), false);
  expect(code).not.toBe(0);
  expect(calls.map(([group]) => group)).toEqual(['resource', 'identity']);
});

test('the command prints them on stdout, and refuses their options elsewhere', async () => {
  const args = ['grants', '--for', 'postgres', '--user', 'id-mlflow', '--database', 'mlflow'];
  expect(await runHere(args)).toEqual({ code: 0, stdout: grantsFor(request('postgres')), stderr: '' });
  expect(JSON.parse((await runHere([...args, '--json'])).stdout)).toEqual({
    for: 'postgres',
    statements: grantsFor(request('postgres')),
  });
  expect(await runHere(['grants'])).toMatchObject({ code: 2, stdout: '' });
  expect((await runHere(['grants', '--for', 'postgress'])).stderr).toContain('did you mean postgres?');
  expect((await runHere(['status', '--schema', 'x'])).stderr).toContain('--schema belongs to grants');
});
