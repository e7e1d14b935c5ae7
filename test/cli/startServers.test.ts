import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startServers } from '../../src/cli/app/startServers.ts';
import { ERROR_POLICY } from '../../src/errors.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-servers-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

const startMongod = () => startServers({ directory, postgres: false, mongodb: true, storage: false });

test('a machine without a mongod is a failure of the configuration, with what the command offers instead', async () => {
  vi.stubEnv('MONGOD_PATH', '');
  vi.stubEnv('PATH', directory);
  vi.stubEnv('XDG_CACHE_HOME', directory);
  // Resolves nowhere (RFC 6761).
  vi.stubEnv('MONGODB_DOWNLOAD_MIRROR', 'https://mongodb.invalid');
  await expect(startMongod()).rejects.toMatchObject({
    name: 'MigrationError',
    kind: 'config',
    message: expect.stringMatching(/^No mongod found for the local MongoDB:\n- MONGOD_PATH: not set\n/),
    hint: expect.stringContaining('or name a server of your own with --mongodb-uri. Downloading needs'),
  });
}, 20_000);

test('a fault without a hint of its own gets that of its kind', async () => {
  vi.stubEnv('MONGOD_PATH', '/no/mongod');
  await expect(startMongod()).rejects.toMatchObject({ kind: 'config', hint: ERROR_POLICY.config.hint });
});

test('a server that starts and gives up is an internal failure, told with its own words', async () => {
  const mongod = join(directory, 'mongod');
  await writeFile(mongod, '#!/bin/sh\n[ "$1" = --version ] && echo db version v6.0.5 && exit\necho no disk; exit 3\n');
  await chmod(mongod, 0o755);
  vi.stubEnv('MONGOD_PATH', mongod);
  await expect(startMongod()).rejects.toMatchObject({
    kind: 'internal',
    message: 'mongod ended with 3:\nno disk',
    hint: 'Read what mongod says above, or name a server of your own by its URI',
  });
});
