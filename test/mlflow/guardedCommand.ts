import { guardProcess, releaseProcess } from '../../packages/dev-servers/src/process/guard.ts';
import { type CommandLine, type CommandResult, type RunningCommand, startCommand } from '../faults/command.ts';
import { signal } from '../faults/processTree.ts';

/** Starts a command whose whole process group ends when this process ends, in whatever way it does. */
export async function startGuarded(command: CommandLine): Promise<RunningCommand & { release(): Promise<void> }> {
  const running = startCommand(command);
  const group = -running.pid;
  await guardProcess(group, 'SIGTERM');
  return { ...running, release: () => releaseProcess(group) };
}

/** Runs a command to its end under that guard; after `timeoutMs` its group is killed and the result says SIGKILL. */
export async function runGuarded(command: CommandLine, timeoutMs: number): Promise<CommandResult> {
  const running = await startGuarded(command);
  const timer = setTimeout(() => signal(-running.pid, 'SIGKILL'), timeoutMs);
  try {
    return await running.result;
  } finally {
    clearTimeout(timer);
    await running.release();
  }
}
