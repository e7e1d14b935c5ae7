import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostMessage } from './main.ts';

/** What a host process is started with. */
export interface ForkOptions {
  /** Directory of the built function app: package.json with `main`, host.json. */
  readonly appDirectory: string;
  /** SQLite file of the orchestrations; a host that is alive keeps others out. */
  readonly stateFile: string;
  /** Settings of the app, secrets among them: they travel in the environment only. */
  readonly settings: Readonly<Record<string, string>>;
  /** Default 0: any free port. */
  readonly port?: number;
  /** False: show what is stored and run nothing; works beside a running host. Default true. */
  readonly resume?: boolean;
  /** Function key; made up when absent. */
  readonly key?: string;
  /** Flags of Node itself, such as limits of its heap; none by default. */
  readonly nodeFlags?: readonly string[];
  /** Receives every line that the host or the app prints. */
  readonly onLog?: (line: string) => void;
}

/** A host in a process of its own. */
export interface RunningHost {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly key: string;
  readonly pid: number;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** Why it ended by itself, as far as it could tell; null before and otherwise. */
  readonly failure: () => string | null;
  /** Lets running functions end (bounded by the setting FUNCTIONS_SHUTDOWN_SECONDS) and resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL: what was running is run again at the next start on the same state file. */
  kill(): void;
}

/** TypeScript in the repository, JavaScript in the built package. */
const MAIN = join(import.meta.dirname, `main${extname(import.meta.filename)}`);
const DEFAULT_SHUTDOWN_SECONDS = 30;
/** What the host gets beyond its own limit before it is killed. */
const GRACE_MS = 5000;

/**
 * Starts a host process and resolves when it serves requests; rejects with the host's own message when it cannot start.
 * The process is the leader of its own group: a Ctrl-C at the terminal reaches this process only, whose handler then stops
 * the host. Should this process be killed, the host notices the closed IPC channel and ends by itself.
 */
export async function forkHost(options: ForkOptions): Promise<RunningHost> {
  const { appDirectory, stateFile, settings, port = 0, resume = true, key, nodeFlags = [], onLog } = options;
  const args = [
    '--app',
    appDirectory,
    '--state',
    stateFile,
    '--port',
    String(port),
    ...(resume ? [] : ['--no-resume']),
  ];
  const child = fork(MAIN, args, {
    detached: true,
    execArgv: [...nodeFlags],
    env: { ...process.env, ...settings, ...(key === undefined ? {} : { FUNCTIONS_HOST_KEY: key }) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  forwardLines(child.stdout, onLog);
  forwardLines(child.stderr, onLog);
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      // Its last words may still be on their way: the channel closes behind them.
      if (child.connected) child.once('disconnect', () => resolve({ code, signal }));
      else resolve({ code, signal });
    });
    child.on('error', (error) => {
      onLog?.(`The host process: ${error.message}`);
      // One that could not be started never exits.
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });
  const listening = await firstMessage(child, exited);
  let failure: string | null = null;
  child.on('message', (message: HostMessage) => {
    if (message.type === 'failed') failure = message.message;
  });
  const limit = settings['FUNCTIONS_SHUTDOWN_SECONDS'] ?? process.env['FUNCTIONS_SHUTDOWN_SECONDS'];
  const seconds = Number(limit ?? DEFAULT_SHUTDOWN_SECONDS);
  return {
    url: listening.url,
    key: listening.key,
    pid: listening.pid,
    exited,
    failure: () => failure,
    stop: () => stopChild(child, exited, seconds * 1000 + GRACE_MS),
    kill: () => child.kill('SIGKILL'),
  };
}

async function firstMessage(
  child: ChildProcess,
  exited: Promise<{ code: number | null; signal: string | null }>,
): Promise<Extract<HostMessage, { type: 'listening' }>> {
  const received = new Promise<HostMessage>((resolve) => {
    child.once('message', (message) => resolve(message as HostMessage));
  });
  const ended = exited.then(({ code, signal }): HostMessage => {
    return {
      type: 'failed',
      message: `The host process ended before it served requests (${signal ?? `code ${code}`})`,
    };
  });
  const message = await Promise.race([received, ended]);
  if (message.type === 'listening') return message;
  await exited;
  throw new Error(message.message);
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>, limitMs: number): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    // Over the channel where there is one: unlike a signal it also ends a host on Windows in good order.
    if (child.connected) child.send({ type: 'stop' }, (error) => error && child.kill('SIGTERM'));
    else child.kill('SIGTERM');
  }
  const abort = new AbortController();
  const timeUp = delay(limitMs, 'time-up', { signal: abort.signal }).catch(() => 'ended');
  if ((await Promise.race([exited, timeUp])) === 'time-up') child.kill('SIGKILL');
  abort.abort();
  await exited;
}

function forwardLines(stream: Readable | null, onLog: ((line: string) => void) | undefined): void {
  if (stream === null) return;
  if (onLog === undefined) stream.resume();
  else createInterface({ input: stream }).on('line', onLog);
}
