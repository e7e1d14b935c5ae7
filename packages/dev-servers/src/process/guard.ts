import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { moduleFile } from './moduleFile.ts';

/** The starter's end of one guard process: requests are answered in the order in which they were written. */
interface Guard {
  readonly child: ChildProcess;
  readonly waiting: { resolve(): void; reject(error: Error): void }[];
  readonly pids: Set<number>;
}

let current: Guard | undefined;

function startGuard(): Guard {
  const child = spawn(process.execPath, [moduleFile(import.meta, 'guardMain')], {
    detached: true,
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const guard: Guard = { child, waiting: [], pids: new Set() };
  createInterface({ input: child.stdout! }).on('line', () => guard.waiting.shift()?.resolve());
  const fail = (error: Error): void => {
    if (current === guard) current = undefined;
    for (const request of guard.waiting.splice(0)) request.reject(error);
  };
  child.on('error', fail);
  child.on('exit', () => fail(new Error('The guard of the local servers ended early')));
  child.stdin!.on('error', fail);
  // The guard must not keep the starter alive: its whole purpose is to notice the starter's end.
  child.unref();
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref(): void }).unref();
  return guard;
}

function request(guard: Guard, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    guard.waiting.push({ resolve, reject });
    guard.child.stdin!.write(`${line}\n`);
  });
}

/** Puts a process, or with a negative pid a process group, under guard: it gets `signal`, and SIGKILL 5 s later, as soon as this process ends in whatever way. */
export async function guardProcess(pid: number, signal: NodeJS.Signals): Promise<void> {
  current ??= startGuard();
  current.pids.add(pid);
  await request(current, `add ${pid} ${signal}`);
}

/** Takes a process that has ended off the guard's list. The guard ends with its last process. */
export async function releaseProcess(pid: number): Promise<void> {
  const guard = current;
  if (!guard?.pids.delete(pid)) return;
  if (guard.pids.size > 0) return request(guard, `remove ${pid}`);
  current = undefined;
  const ended = once(guard.child, 'exit');
  guard.child.ref();
  guard.child.stdin!.end(`remove ${pid}\n`);
  await ended;
}
