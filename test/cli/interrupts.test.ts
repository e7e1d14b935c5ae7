import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SilentServer, startSilentServer } from '../support/silentServer.ts';
import { runCli, temporaryDirectory } from './runCli.ts';

/** Whatever it waits for would last ten minutes or for ever: a command that is not over within this has not heard Ctrl-C. */
const WITHIN = { timeout: 60_000 };

let server: SilentServer;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  server = await startSilentServer();
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const silentSource = () => `postgresql://u:p@127.0.0.1:${server.port}/d?connect_timeout=600`;
const silentTarget = () =>
  `mongodb://127.0.0.1:${server.port}/d?serverSelectionTimeoutMS=600000&connectTimeoutMS=600000`;
const NO_SOURCE = 'postgresql://u:p@127.0.0.1:9/d';
const NO_TARGET = 'mongodb://127.0.0.1:9/d';
const silentStorage = () =>
  `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:${server.port}/a;`;

test.each<[string, () => readonly [args: readonly string[], env?: Readonly<Record<string, string>>]]>([
  ['the status of a deployed app', () => [['status', 'lab', '--url', `http://127.0.0.1:${server.port}`]]],
  [
    'a mongod that is being downloaded',
    () => [
      ['--postgres-uri', NO_SOURCE],
      {
        PATH: directory.path,
        XDG_CACHE_HOME: directory.path,
        MONGODB_DOWNLOAD_MIRROR: `http://127.0.0.1:${server.port}`,
      },
    ],
  ],
  ['a source that never answers', () => [['--postgres-uri', silentSource(), '--mongodb-uri', NO_TARGET]]],
  ['a target that never answers', () => [['--postgres-uri', NO_SOURCE, '--mongodb-uri', silentTarget()]]],
  [
    'storage that never answers',
    () => [['--postgres-uri', NO_SOURCE, '--mongodb-uri', NO_TARGET], { AzureWebJobsStorage: silentStorage() }],
  ],
])('Ctrl-C ends the command while it waits for %s', WITHIN, async (_what, command) => {
  const [args, env = {}] = command();
  const places = ['--state-dir', directory.path, '--report-dir', directory.path];
  const result = runCli(args.includes('--url') ? args : [...args, ...places], {
    env,
    cwd: directory.path,
    onSpawn: async (child) => {
      await expect.poll(() => server.taken(), WITHIN).toBeGreaterThan(0);
      child.kill('SIGINT');
    },
  });
  expect(await result).toMatchObject({ code: 130, stderr: expect.stringContaining('Interrupted') });
});
