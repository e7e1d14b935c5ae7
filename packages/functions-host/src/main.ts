#!/usr/bin/env node
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Host, startHost } from './host.ts';
import { type HostKeys, takeKeys } from './http/keys.ts';
import { applyLocalSettings, bypassProxyForLoopback } from './localSettings.ts';
import { createLogger, type Logger } from './logger.ts';

/** What the process tells its parent over the IPC channel. */
export type HostMessage =
  | {
      readonly type: 'listening';
      readonly url: string;
      readonly key: string;
      readonly systemKey: string;
      readonly pid: number;
    }
  | { readonly type: 'failed'; readonly message: string };

const USAGE = `Usage: functions-host [--app <directory>] [--state <file>] [--port <number>] [--no-resume]

  --app        the built function app: package.json with "main", host.json; by default the working directory
  --state      the SQLite file of the orchestrations; by default .functions-host/state.sqlite in the app's directory
  --port       by default any free one
  --no-resume  only show what is stored, run nothing`;
const DEFAULT_STATE_FILE = '.functions-host/state.sqlite';
const DEFAULT_SHUTDOWN_SECONDS = 30;

await main();

async function main(): Promise<void> {
  try {
    await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    createLogger(process.env['FUNCTIONS_LOG_LEVEL']).error(message);
    await tellParent({ type: 'failed', message });
    process.exit(1);
  }
}

async function run(): Promise<void> {
  const { appDirectory, stateFile, port, isActive } = readArguments();
  applyLocalSettings(appDirectory, process.env);
  const keys = takeKeys(process.env);
  const log = createLogger(process.env['FUNCTIONS_LOG_LEVEL']);
  endOnFaults(log);
  process.stdout.on('error', () => log.debug('Nobody reads the standard output any more'));
  bypassProxyForLoopback(process.env);
  const host = await startHost({
    appDirectory,
    stateFile,
    port,
    isActive,
    keys,
    log,
    onStateLost: (reason) => void endWithoutState(reason, log),
  });
  stopOnRequest(host, log);
  log.info(`Listening on ${host.url}`);
  // Whoever started it by hand needs the key; a parent is told below, and its log is no place for one.
  if (process.send === undefined) process.stdout.write(greeting(host, keys));
  await tellParent({ type: 'listening', url: host.url, key: keys.host, systemKey: keys.system, pid: process.pid });
}

function greeting({ url, routes }: Host, keys: HostKeys): string {
  const origin = url.replace(/\/$/, '');
  const lines = routes.map((route) => `  ${route.replace(' ', ` ${origin}`)}`);
  return `${lines.join('\n')}\n${keys.isChecked ? `Function key (header x-functions-key): ${keys.host}\n` : ''}`;
}

function readArguments(): { appDirectory: string; stateFile: string; port: number; isActive: boolean } {
  const { values } = parseArgs({
    options: {
      app: { type: 'string', default: '.' },
      state: { type: 'string' },
      port: { type: 'string', default: '0' },
      'no-resume': { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port must be from 0 to 65535\n${USAGE}`);
  const appDirectory = resolve(values.app);
  return {
    appDirectory,
    stateFile: values.state === undefined ? join(appDirectory, DEFAULT_STATE_FILE) : resolve(values.state),
    port,
    isActive: !values['no-resume'],
  };
}

/**
 * Ends the process in good order on SIGTERM, SIGINT, the message `stop`, or when the parent is gone, so that no process
 * stays behind. A second signal ends it at once.
 */
function stopOnRequest(host: Host, log: Logger): void {
  const seconds = Number(process.env['FUNCTIONS_SHUTDOWN_SECONDS'] ?? DEFAULT_SHUTDOWN_SECONDS);
  const limitMs = (Number.isFinite(seconds) && seconds >= 0 ? seconds : DEFAULT_SHUTDOWN_SECONDS) * 1000;
  let isStopping = false;
  const stop = async (reason: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log.info(`Stopping: ${reason}`);
    if (process.env['FUNCTIONS_SHUTDOWN_SIGNAL'] !== 'off') tellApp();
    try {
      await host.stop(limitMs);
      process.exit(0);
    } catch (error) {
      log.error(`Stopping failed: ${String(error)}`);
      process.exit(1);
    }
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    void stop(signal);
  };
  // The Functions host sends its worker no signal. Here an app that listens to SIGTERM need not wait for appTerminate, unless a
  // test of what happens there says so.
  const tellApp = () => {
    for (const listener of process.listeners('SIGTERM')) if (listener !== onSignal) listener('SIGTERM');
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('message', (message) => {
    if ((message as { type?: unknown } | null)?.type === 'stop') void stop('asked by the parent');
  });
  process.on('disconnect', () => void stop('the parent is gone'));
  // It may have gone before there was anyone to notice; without a channel this is undefined.
  if (process.connected === false) void stop('the parent is gone');
}

/**
 * An error that nobody caught ends the process, as it would without this: only the line is ours. Node's own would print
 * every property of the error, and those of database drivers hold values. The next start resumes.
 */
function endOnFaults(log: Logger): void {
  process.on('uncaughtException', (error: unknown) => {
    log.error(`Uncaught: ${error instanceof Error ? (error.stack ?? error.message) : typeof error}`);
    process.exit(1);
  });
}

/** What is stored stays as it is, and the next start goes on from there: so there is nothing to bring to an end in order. */
async function endWithoutState(reason: string, log: Logger): Promise<void> {
  const message = `The state file cannot be written: ${reason}`;
  log.error(message);
  await tellParent({ type: 'failed', message });
  process.exit(1);
}

/** Resolves when the message is on its way; without a parent there is nothing to do. */
function tellParent(message: HostMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
