import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DevServerError } from '../devServerError.ts';
import { guardProcess, releaseProcess } from './guard.ts';

/** How a server process ended: one of the two is null. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server of the local stack that answers on 127.0.0.1. It ends at the latest when the process that started it ends. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** Fulfilled, never rejected, when the process has ended. */
  readonly exited: Promise<ServerExit>;
  /** Sends a signal and returns at once. */
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end, insists after a while, and returns when it has ended. May be called any number of times. */
  stop(): Promise<void>;
}

/** What to run, and how to tell that it is ready. Nothing secret may stand in `args`: every user of the machine sees them. */
export interface ServerCommand {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly isReady: (line: string) => boolean;
  /** The lines that say why a start failed, where others would bury them; by default the last ones count. */
  readonly isComplaint?: ((line: string) => boolean) | undefined;
  /** Sent one after the other until it has ended, each with its time; the first is also what the guard sends. */
  readonly stopSignals: readonly { readonly signal: NodeJS.Signals; readonly waitMs: number }[];
  readonly onLog?: ((line: string) => void) | undefined;
}

/** A server that ended, or said nothing useful, before it was ready. `log` holds its complaints, or its last lines. */
export class ServerStartError extends DevServerError {
  readonly log: string;

  constructor(name: string, what: string, log: string) {
    super('start', `${name} ${what}${log === '' ? '' : `:\n${log}`}`, {
      hint: `Read what ${name} says above, or name a server of your own by its URI`,
    });
    this.log = log;
  }
}

const READY_TIMEOUT_MS = 60_000;
const LOG_LINES_KEPT = 20;

/**
 * The server waits behind a shell until the guard knows its pid: so there is no moment at which this process can be killed
 * and leave it behind. When the pipe ends before the word comes, `read` fails and the server is never started.
 */
const GATE = 'read -r word && exec "$@" </dev/null';

/** Starts a server under guard and waits for the line that says that it is ready, which it returns too. Throws {@link ServerStartError}. */
export async function startServer(
  command: ServerCommand,
): Promise<{ server: Omit<RunningServer, 'port'>; readyLine: string }> {
  const child = spawn('/bin/sh', ['-c', GATE, 'gate', command.file, ...command.args], {
    // A session of its own, so that Ctrl-C in the terminal reaches only the starter, which then stops things in order.
    detached: true,
    cwd: '/',
    env: command.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...command.user,
  });
  const { pid } = child;
  const lastLines: string[] = [];
  const complaints: string[] = [];
  const log = (): string => (complaints.length > 0 ? complaints : lastLines).join('\n');
  let isRunning = true;
  const exited = new Promise<ServerExit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
    child.on('error', () => resolve({ code: 127, signal: null }));
  }).then(async (exit) => {
    isRunning = false;
    if (pid !== undefined) await releaseProcess(pid);
    return exit;
  });

  const ready = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const lines = command.isComplaint?.(line) ? complaints : lastLines;
        lines.push(line);
        if (lines.length > LOG_LINES_KEPT) lines.shift();
        command.onLog?.(line);
        if (command.isReady(line)) resolve(line);
      });
    }
  });

  // A server that ends at once closes the pipe before the word is read; `exited` tells of it.
  child.stdin.on('error', () => undefined);
  if (pid !== undefined) {
    await guardProcess(pid, command.stopSignals[0]?.signal ?? 'SIGTERM');
    child.stdin.end('go\n');
  }

  const server: Omit<RunningServer, 'port'> = {
    pid: pid ?? 0,
    exited,
    kill: (signal) => {
      if (isRunning) child.kill(signal);
    },
    stop: async () => {
      for (const { signal, waitMs } of command.stopSignals) {
        if (!isRunning) break;
        child.kill(signal);
        if (await endsWithin(exited, waitMs)) return;
      }
      if (isRunning) child.kill('SIGKILL');
      await exited;
    },
  };
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<'too late'>((resolve) => {
    timer = setTimeout(resolve, READY_TIMEOUT_MS, 'too late');
  });
  const first = await Promise.race([ready, exited, tooLate]);
  clearTimeout(timer);
  if (first === 'too late') {
    await server.stop();
    throw new ServerStartError(command.name, `was not ready after ${READY_TIMEOUT_MS / 1000} s`, log());
  }
  if (typeof first === 'string') return { server, readyLine: first };
  throw new ServerStartError(command.name, `ended with ${first.signal ?? first.code}`, log());
}

async function endsWithin(exited: Promise<ServerExit>, waitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, waitMs, false);
  });
  const isEnded = await Promise.race([exited.then(() => true), timeout]);
  clearTimeout(timer);
  return isEnded;
}

/** Tries `start` on a port that the system chose, and on another when somebody took it in between. A port that was asked for is kept. */
export async function onFreePort<T>(
  port: number | undefined,
  choose: () => Promise<number>,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(port ?? (await choose()));
    } catch (error) {
      const isTaken = error instanceof ServerStartError && /address already in use|EADDRINUSE/i.test(error.log);
      if (!isTaken || port !== undefined || attempt === 5) throw error;
    }
  }
}

const TAKEOVER_TIMEOUT_MS = 15_000;
const TAKEOVER_POLL_MS = 50;

/** Tries `start` until the server that had the directory before, killed a moment ago or about to be by the guard, has let go of it: until its log shows `held` no longer. */
export async function whenDirectoryIsFree<T>(held: RegExp, start: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + TAKEOVER_TIMEOUT_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof ServerStartError && held.test(error.log)) || performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, TAKEOVER_POLL_MS));
    }
  }
}
