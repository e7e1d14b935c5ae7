/** `npm run dev`: servers with the sample and the function app on the local host, until Ctrl-C. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forkHost } from '@mlflow-migrate/functions-host';
import { buildWhenChanged } from '../scripts/buildWhenChanged.ts';
import { LOCAL_HOST, type LocalHost } from '../src/config/localHost.ts';
import { ERROR_POLICY, MigrationError } from '../src/errors.ts';
import { startSample } from './startSample.ts';

/** Where Azure Functions Core Tools listen, and so where people look first. */
const USUAL_PORT = 7071;

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = join(root, '.mlflow-migrate', 'dev');
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** How a shell sees a process that Ctrl-C has ended: 128 + SIGINT. */
const INTERRUPTED = 130;

let isUp = false;
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      resolve();
      // Ctrl-C reaches the servers too: one that was about to start would tell its end, with its log, as a failure. The guard stops the rest.
      if (!isUp) process.exit(INTERRUPTED);
    });
  }
});

// The servers take as long to start as the app to build.
const built = buildWhenChanged(() => undefined);
// Whether it could be built is asked below, when there are servers to stop.
built.catch(() => undefined);
const sample = await startSample(directory, say).catch((error: unknown) => {
  if (!(error instanceof MigrationError)) throw error;
  say(`${error.message}\n${error.hint}`);
  process.exit(ERROR_POLICY[error.kind].exitCode);
});
isUp = true;
try {
  await built;
  const host = await forkHost({
    appDirectory: root,
    stateFile: join(directory, 'state.sqlite'),
    settings: {
      ...sample.settings,
      FUNCTIONS_WORKER_RUNTIME: 'node',
      [LOCAL_HOST]: 'works' satisfies LocalHost,
      TASKHUB_NAME: process.env['TASKHUB_NAME'] || 'MlflowMigrate',
    },
    ...((await isFree(USUAL_PORT)) ? { port: USUAL_PORT } : {}),
    onLog: say,
  });
  try {
    sample.tellWhere(host.url);
    say(describe(host.url, host.key));
    const isInterrupted = await Promise.race([interrupted.then(() => true), host.exited.then(() => false)]);
    say(isInterrupted ? '\nStopping' : '\nThe host has ended by itself; stopping the servers');
    if (!isInterrupted) process.exitCode = 1;
  } finally {
    await host.stop();
  }
} finally {
  await sample.stop();
}

/** The one place where passwords are shown, on purpose: they are random, for servers on this machine that end with this process. */
function describe(url: string, key: string): string {
  const { POSTGRES_URI, MONGODB_URI, AzureWebJobsStorage } = sample.settings;
  const body = JSON.stringify({ source: { secret: 'POSTGRES_URI' }, destination: { secret: 'MONGODB_URI' } });
  return `
Live page      ${new URL('/', url).href}
Function app   ${url}
Function key   ${key}
PostgreSQL     ${POSTGRES_URI}
MongoDB        ${MONGODB_URI}
Storage        ${AzureWebJobsStorage}

Start a migration of the sample:
  curl -s -X POST ${new URL('/api/migrations', url).href} -H 'x-functions-key: ${key}' -H 'content-type: application/json' \\
    -d '${body}'

Ctrl-C stops everything.`;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
