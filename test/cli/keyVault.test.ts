import { expect, test } from 'vitest';
import { answersFor, reportOf, startFakeApp, statusOf } from './fakeApp.ts';
import { runHere, temporaryDirectory } from './runCli.ts';

const VAULT = 'https://kv-lab.vault.azure.net';
const done = statusOf({ status: 'completed', phase: 'done', percent: 100 });
const vaultOptions = ['--key-vault', `${VAULT}/`, '--key-secret', 'function-key'];

test('the function key comes from the Key Vault, and goes before the one in the environment', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  await using directory = await temporaryDirectory();
  const asked: unknown[] = [];
  const env = { MLFLOW_MIGRATE_KEY: 'key-of-the-environment', AZURE_CLIENT_ID: 'client' };
  const args = ['--url', app.url, '--report-dir', directory.path, ...vaultOptions];
  const { code, stdout, stderr } = await runHere(args, env, async (...question) => {
    asked.push(question);
    return ' key-of-the-vault\n';
  });
  expect(code).toBe(0);
  expect(asked).toEqual([[VAULT, 'function-key', 'client']]);
  expect(new Set(app.seen.map(({ key }) => key))).toEqual(new Set(['key-of-the-vault']));
  expect(stdout + stderr).not.toContain('key-of-the');
});

test('status reads the key from the Key Vault as well', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  const { code } = await runHere(['status', 'lab', '--url', app.url, ...vaultOptions], {}, async () => 'vault-key');
  expect(code).toBe(0);
  expect(app.seen.every(({ key }) => key === 'vault-key')).toBe(true);
});

test('a token of Microsoft Entra goes beside the key, with every call, and into no output', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  await using directory = await temporaryDirectory();
  const env = { MLFLOW_MIGRATE_KEY: 'plain-key', MLFLOW_MIGRATE_TOKEN: ' header.claims.signature\n' };
  for (const args of [
    ['status', 'lab'],
    ['--report-dir', directory.path],
  ]) {
    const { code, stdout, stderr } = await runHere([...args, '--url', app.url], env);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('claims');
  }
  expect(app.seen.every(({ key }) => key === 'plain-key')).toBe(true);
  expect(new Set(app.seen.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer header.claims.signature']),
  );
});

test('without a named secret no Key Vault is asked', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  const { code } = await runHere(['status', 'lab', '--url', app.url], { MLFLOW_MIGRATE_KEY: 'plain-key' }, () => {
    throw new Error('asked');
  });
  expect(code).toBe(0);
  expect(app.seen[0]?.key).toBe('plain-key');
});

test.each([
  ['is missing', async () => undefined, 'Secret function-key in kv-lab.vault.azure.net is missing or empty'],
  ['is empty', async () => ' ', 'Secret function-key in kv-lab.vault.azure.net is missing or empty'],
  [
    'may not be read',
    async () => Promise.reject(Object.assign(new Error('secret detail'), { statusCode: 403 })),
    'Key Vault kv-lab.vault.azure.net refuses to show the secret function-key',
  ],
  [
    'cannot be asked for',
    async () => Promise.reject(new Error('secret detail')),
    'Key Vault kv-lab.vault.azure.net could not be asked for the secret function-key',
  ],
])('says what to do where the secret %s, and calls nobody', async (_what, getVaultSecret, message) => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  const { code, stderr } = await runHere(['status', 'lab', '--url', app.url, ...vaultOptions], {}, getVaultSecret);
  expect(code).toBe(2);
  expect(stderr).toContain(`Error: ${message}`);
  expect(stderr).not.toContain('secret detail');
  expect(app.seen).toEqual([]);
});

test.each([
  [['--key-vault', VAULT], '--key-vault and --key-secret go together'],
  [['--key-secret', 'x'], '--key-vault and --key-secret go together'],
  [['--key-vault', 'https://kv.evil.example', '--key-secret', 'x'], '--key-vault must be the address of a Key Vault'],
  [['--key-vault', 'http://kv-lab.vault.azure.net', '--key-secret', 'x'], '--key-vault must be the address of a Key'],
  [['--key-vault', 'https://a.vault.azure.net.evil.example', '--key-secret', 'x'], '--key-vault must be the address'],
  [['--key-vault', VAULT, '--key-secret', 'a/b'], '--key-secret must be 1 to 127 letters, digits or -'],
  [['--key', 'k', ...vaultOptions], '--key and --key-secret cannot be used together'],
])('refuses %j', async (args, message) => {
  const { code, stderr } = await runHere(['--url', 'https://app.example', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('they need --url', async () => {
  expect((await runHere(vaultOptions)).stderr).toContain('--key-vault needs --url; --key-secret needs --url');
});
