import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { getAzureToken, getAzureVaultSecret, noToken } from '../../../src/config/azureCredential.ts';
import { startSilentServer } from '../../support/silentServer.ts';

// The first use loads them, and its time counts.
beforeAll(() => Promise.all([import('@azure/identity'), import('@azure/keyvault-secrets')]));
afterEach(() => vi.unstubAllEnvs());

test('a Key Vault that takes the connection and never answers is not waited for', async () => {
  await using server = await startSilentServer();
  const asked = getAzureVaultSecret(`https://127.0.0.1:${server.port}`, 'secret', null, 1_000);
  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(server.taken()).toBeGreaterThan(0);
});

test('an identity endpoint that takes the connection and never answers is not waited for', async () => {
  await using server = await startSilentServer();
  // As App Service and Functions tell an app of it.
  vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${server.port}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'header');
  await expect(getAzureToken('https://management.azure.com/.default', 'client', 2_000)).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  expect(server.taken()).toBeGreaterThan(0);
});

test('a token that did not come in time may come later, one that was refused does not', () => {
  const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  expect(noToken(late, 'source', 'pg.example')).toMatchObject({
    kind: 'source-unreachable',
    message: 'The identity endpoint gave no answer when asked for a Microsoft Entra token for pg.example',
  });
  expect(noToken(new Error('no identity'), 'target', 'acct')).toMatchObject({ kind: 'target-refused' });
});
