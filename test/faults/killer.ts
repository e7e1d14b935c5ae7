import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandLine, type CommandResult, type RunningCommand, startCommand } from './command.ts';
import { descendantsOf, isRunning, type ProcessInfo, signal } from './processTree.ts';
import { seededRandom } from './proxy/random.ts';

/** Who is killed: the host alone, the command alone, or the command with all that it started in its group and the host. */
type Victim = 'host' | 'command' | 'group';

export interface KillPlan extends CommandLine {
  /** Added to the arguments of every run after the first. */
  readonly resumeArgs: readonly string[];
  readonly seed: number;
  /** How often to kill at most; a run that ends before its moment ends the round. */
  readonly maxKills: number;
  /** How long an undisturbed run takes: moments are drawn evenly over it. */
  readonly durationMs: number;
  /** Drawn by seed for each kill unless given. */
  readonly victim?: Victim;
  /** Tells the host among the descendants of the command; by default what runs from `packages/functions-host`. */
  readonly isHost?: (process: ProcessInfo) => boolean;
  /** A single run that lasts longer is killed, and the round failed; 10 minutes by default. */
  readonly timeoutMs?: number;
  readonly onKill?: (kill: Kill) => void | Promise<void>;
}

export interface Kill {
  readonly victim: Victim;
  /** Milliseconds after the start of its run. */
  readonly atMs: number;
  /** How long everything that the command had started took to end afterwards. */
  readonly goneAfterMs: number;
}

export interface KillRound {
  readonly kills: readonly Kill[];
  /** Of the last run. */
  readonly exitCode: number | null;
  readonly last: CommandResult;
  /** Processes that were there long after their command was dead. */
  readonly leftBehind: readonly ProcessInfo[];
}

const ORPHAN_TIMEOUT_MS = 30_000;

/** Starts the command, kills it at seeded moments, goes on with `resumeArgs`, and lets the last run end by itself. */
export async function runWithKills(plan: KillPlan): Promise<KillRound> {
  const random = seededRandom(plan.seed);
  const kills: Kill[] = [];
  const leftBehind: ProcessInfo[] = [];
  const timeoutMs = plan.timeoutMs ?? 600_000;
  for (let attempt = 0; ; attempt += 1) {
    const argv = attempt === 0 ? plan.argv : [...plan.argv, ...plan.resumeArgs];
    const running = startCommand({ ...plan, argv });
    const atMs = random() * plan.durationMs;
    const victim = plan.victim ?? (['host', 'command', 'group'] as const)[Math.floor(random() * 3)] ?? 'group';
    if (kills.length >= plan.maxKills || (await endsWithin(running, atMs))) {
      const last = await endOrKill(running, timeoutMs);
      // A host that was killed may have ended its command with an error: that is a kill's outcome, not the round's.
      return { kills, exitCode: last.exitCode, last, leftBehind };
    }
    const started = await kill(running, victim, plan.isHost ?? runsFromHostDirectory);
    const killedMs = performance.now();
    const result = await endOrKill(running, timeoutMs);
    const remaining = await waitUntilGone(started);
    leftBehind.push(...remaining);
    const done: Kill = { victim, atMs: Math.round(atMs), goneAfterMs: Math.round(performance.now() - killedMs) };
    kills.push(done);
    await plan.onKill?.(done);
    // A command that starts its host again may complete all the same.
    if (result.exitCode === 0) return { kills, exitCode: 0, last: result, leftBehind };
  }
}

function runsFromHostDirectory(process: ProcessInfo): boolean {
  return /\/functions-host\/src\//.test(process.commandLine);
}

/** Kills the victim and tells which processes the command had started until then. */
async function kill(
  running: RunningCommand,
  victim: Victim,
  isHost: (process: ProcessInfo) => boolean,
): Promise<ProcessInfo[]> {
  const descendants = await descendantsOf(running.pid);
  const hosts = descendants.filter(isHost);
  // Without a host yet, or where the command is its own host, there is only the command to kill.
  if (victim === 'host' && hosts.length > 0) {
    for (const host of hosts) signal(host.pid, 'SIGKILL');
    return descendants.filter((one) => !hosts.includes(one));
  }
  signal(victim === 'group' ? -running.pid : running.pid, 'SIGKILL');
  if (victim === 'group') for (const host of hosts) signal(host.pid, 'SIGKILL');
  return descendants;
}

async function endsWithin(running: RunningCommand, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const ended = await Promise.race([
    running.result.then(() => true),
    sleep(ms, false, { signal: waiting.signal }).catch(() => false),
  ]);
  waiting.abort();
  return ended;
}

async function endOrKill(running: RunningCommand, timeoutMs: number): Promise<CommandResult> {
  if (!(await endsWithin(running, timeoutMs))) signal(-running.pid, 'SIGKILL');
  return running.result;
}

/** Kills a command with all that it started, and waits for the end of it. */
export async function killAll(running: RunningCommand): Promise<readonly ProcessInfo[]> {
  const started = await kill(running, 'group', runsFromHostDirectory);
  await running.result;
  return waitUntilGone(started);
}

/** Waits until the processes have ended; those that do not are killed and returned. */
async function waitUntilGone(processes: readonly ProcessInfo[]): Promise<ProcessInfo[]> {
  const giveUpMs = performance.now() + ORPHAN_TIMEOUT_MS;
  let left = [...processes];
  while (left.length > 0) {
    const alive = await Promise.all(left.map(isRunning));
    left = left.filter((_, index) => alive[index]);
    if (left.length === 0) break;
    if (performance.now() > giveUpMs) {
      for (const one of left) signal(one.pid, 'SIGKILL');
      return left;
    }
    await sleep(25);
  }
  return [];
}
