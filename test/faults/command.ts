import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { signal } from './processTree.ts';

/** What to run. The first of `argv` is the program. */
export interface CommandLine {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a command ended: by itself with an exit code, or by a signal. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** The last 20,000 characters. */
  readonly stderr: string;
  readonly durationMs: number;
}

/** A command that runs in a process group of its own. */
export interface RunningCommand {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly result: Promise<CommandResult>;
  /** What stands on stderr so far, of it the last 20,000 characters. */
  stderr(): string;
  /** Waits until something of this form stands on stderr; false where the command has ended without. */
  said(text: RegExp): Promise<boolean>;
}

const STDERR_KEPT = 20_000;

/** Starts a command as the leader of a new process group, so that all of it can be killed and nothing of this process. */
export function startCommand(command: CommandLine): RunningCommand {
  const [program = '', ...args] = command.argv;
  const startedMs = performance.now();
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    env: { ...process.env, ...command.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  // `exit` and not `close`: a child that outlives the command may hold its pipes open.
  const result = once(child, 'exit').then(([exitCode, ended]: unknown[]) => ({
    exitCode: exitCode as number | null,
    signal: ended as NodeJS.Signals | null,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    durationMs: performance.now() - startedMs,
  }));
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  const said = (text: RegExp) =>
    new Promise<boolean>((resolve) => {
      const look = () => {
        if (!text.test(stderr)) return;
        child.stderr.off('data', look);
        resolve(true);
      };
      child.stderr.on('data', look);
      look();
      void result.then(() => resolve(text.test(stderr)));
    });
  return { pid: child.pid, child, result, stderr: () => stderr, said };
}

/** Runs a command to its end; after `timeoutMs` its group is killed and the result says SIGKILL. */
export async function runCommand(command: CommandLine, timeoutMs: number): Promise<CommandResult> {
  const running = startCommand(command);
  const timer = setTimeout(() => signal(-running.pid, 'SIGKILL'), timeoutMs);
  try {
    return await running.result;
  } finally {
    clearTimeout(timer);
  }
}
