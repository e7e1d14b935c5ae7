import { beforeAll, expect, test } from 'vitest';
import { AzureBlobStore } from '../../../src/storage/azureBlobStore.ts';
import { startSilentServer } from '../../support/silentServer.ts';

/** The account of the emulator, whose key everybody knows. */
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const connectionString = (protocol: 'http' | 'https', port: number) =>
  `DefaultEndpointsProtocol=${protocol};AccountName=devstoreaccount1;AccountKey=${KEY};BlobEndpoint=${protocol}://127.0.0.1:${port}/devstoreaccount1;`;

// The first use loads it, and its time counts.
beforeAll(() => import('@azure/storage-blob'));

test.each([
  ['get', (store: AzureBlobStore) => store.get('a')],
  ['put', (store: AzureBlobStore) => store.put('a', 'b', 'text/plain')],
  ['append', (store: AzureBlobStore) => store.append('a', 'b')],
  ['list', (store: AzureBlobStore) => store.list('a')],
  ['hold', (store: AzureBlobStore) => store.hold('a')],
] as const)('%s ends where an account takes the connection and never answers, and names it', async (_name, use) => {
  await using server = await startSilentServer();
  const store = new AzureBlobStore({ connectionString: connectionString('http', server.port) }, 300);
  await expect(use(store)).rejects.toMatchObject({
    kind: 'storage-unavailable',
    message: `Blob storage at 127.0.0.1:${server.port} gave no answer within 0.3 s`,
  });
  expect(server.taken()).toBeGreaterThan(0);
});

test('a TLS handshake that is never answered ends too', async () => {
  await using server = await startSilentServer();
  const store = new AzureBlobStore({ connectionString: connectionString('https', server.port) }, 300);
  await expect(store.get('a')).rejects.toThrow('gave no answer within 0.3 s');
});

test('a blob whose rest never comes is not waited for', async () => {
  await using server = await startSilentServer((socket, piece) => {
    const isContainer = piece.toString('latin1').startsWith('PUT');
    socket.write(
      isContainer
        ? 'HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n'
        : 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\netag: "1"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\nhalf of it',
    );
  });
  const store = new AzureBlobStore({ connectionString: connectionString('http', server.port) }, 500);
  await expect(store.get('a')).rejects.toThrow('gave no answer within 0.5 s');
});

test.each([
  ['AuthenticationFailed', 'refuses access (403 AuthenticationFailed)', 'Put the present key of the account into'],
  ['AuthorizationFailure', 'refuses access (403 AuthorizationFailure)', 'Look at the firewall'],
  ['AuthorizationPermissionMismatch', 'refuses access (403 AuthorizationPermissionMismatch)', 'Give the identity'],
  ['KeyBasedAuthenticationNotPermitted', 'refuses access (403 KeyBasedAuthenticationNotPermitted)', 'takes no keys'],
  ['Of an other kind', 'refuses access (403)', 'Look at the key or the roles'],
  [null, 'refuses access (403)', 'Look at the key or the roles'],
])('an account that refuses with %s is told at once, with where to look', async (code, told, hint) => {
  const header = code === null ? '' : `x-ms-error-code: ${code}\r\n`;
  await using server = await startSilentServer((socket) => {
    socket.write(`HTTP/1.1 403 Forbidden\r\n${header}content-length: 0\r\n\r\n`);
  });
  const store = new AzureBlobStore({ connectionString: connectionString('http', server.port) });
  const failure = await store.get('a').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    kind: 'storage-unavailable',
    message: `Blob storage at 127.0.0.1:${server.port} ${told}`,
    hint: expect.stringContaining(hint),
  });
  expect(failure).toMatchObject({ hint: expect.stringContaining('--resume') });
});
