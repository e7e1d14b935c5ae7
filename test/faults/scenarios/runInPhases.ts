import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandResult, type RunningCommand, startCommand } from '../command.ts';
import { signal } from '../processTree.ts';
import type { Migration } from './arena.ts';
import { commonFailures, type Outcome } from './outcome.ts';

/** What happens while a migration copies, and while it compares; each once. */
export interface PhaseFaults {
  readonly copy?: (running: RunningCommand) => Promise<void>;
  readonly proof?: (running: RunningCommand) => Promise<void>;
}

const WORDS = { copy: /Copying, [1-9]/, proof: /Validating/ } as const;
const TIMEOUT_MS = 10 * 60_000;

/** Few rows at a time, so that faults meet a migration in both phases. */
export const SLOWLY = ['--batch-size', '100', '--parallel', '2'];

/** Runs a migration, does what is to happen in its phases, and says what came of it: every row compared afterwards. */
export async function runInPhases(
  migration: Migration,
  faults: PhaseFaults,
  { scenario, what }: Pick<Outcome, 'scenario' | 'what'>,
): Promise<Outcome> {
  const running = startCommand(migration);
  const timer = setTimeout(() => signal(-running.pid, 'SIGKILL'), TIMEOUT_MS);
  const failures: string[] = [];
  for (const phase of ['copy', 'proof'] as const) {
    const fault = faults[phase];
    if (fault === undefined) continue;
    await running.said(WORDS[phase]);
    if (running.child.exitCode === null) await fault(running);
    else failures.push(`it had ended before the fault in the ${phase}`);
  }
  const result: CommandResult = await running.result;
  clearTimeout(timer);
  const comparison = await migration.compare();
  failures.push(...commonFailures(result, comparison));
  await migration.drop();
  const seconds = result.durationMs / 1_000;
  return { scenario, what, seconds, figures: { rows: comparison.rows }, failures, log: result.stderr };
}

/** What is returned by what breaks something, after a while. */
export async function after(ms: number, mend: () => void | Promise<void>): Promise<void> {
  await sleep(ms);
  await mend();
}
