import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Output } from '../../src/cli/display/output.ts';
import { runCommand } from '../../src/cli/runCommand.ts';
import type { GetVaultSecret } from '../../src/config/azureCredential.ts';
import { redact } from '../../src/config/redact.ts';

export const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with everything on stderr so far, at each piece. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
  /** Called when it has been started. */
  readonly onSpawn?: (child: ChildProcess) => Promise<void>;
}

/** Runs the command as its users do, in an environment that holds nothing but what is given. */
export const runCli = (args: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd ?? tmpdir(),
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    options.onSpawn?.(child).catch(fail);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
      options.onStderr?.(stderr, child);
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });

/** An output that keeps what it is given, as for pipes. */
export const keepingOutput = (isQuiet: boolean, kept: { stdout: string; stderr: string }, canAsk = false): Output => {
  const write = (line: string): void => {
    kept.stderr += `${redact(line)}\n`;
  };
  return {
    isLive: false,
    canAsk,
    isClosed: () => false,
    isQuiet,
    size: () => ({ columns: 80, rows: 24 }),
    result: async (text) => {
      kept.stdout += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
    },
    note: (line) => {
      if (!isQuiet) write(line);
    },
    error: write,
    copyable: write,
    asCalled: (text) => text,
    fit: (text) => text,
    isOneScreen: false,
    draw: write,
    aroundLines: null,
    style: (_format, text) => text,
  };
};

/** The same without a process of its own, which takes half a second each: for everything but signals and streams. */
export const runHere = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  getVaultSecret?: GetVaultSecret,
  canAsk = false,
): Promise<CliResult> => {
  const kept = { stdout: '', stderr: '' };
  const makeOutput = (isQuiet: boolean): Output => keepingOutput(isQuiet, kept, canAsk);
  const code = await runCommand(args, env, makeOutput, new AbortController().signal, getVaultSecret);
  return { code, ...kept };
};

/** A directory of one's own that goes away with its scope. */
export const temporaryDirectory = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const path = await mkdtemp(join(tmpdir(), 'mlflow-cli-'));
  return {
    path,
    // A process that has just ended may have been writing its compile cache.
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
};
