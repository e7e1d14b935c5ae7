import { readFileSync } from 'node:fs';
import { parseBusySeconds, parseMemory, parseStat } from './processStat.ts';
import type { ServerPids } from './serverPids.ts';

/** Whose CPU and memory is told apart. What the command starts beside host and storage counts as the command's. */
export const PROCESS_NAMES = ['mongod', 'postgres', 'host', 'storage', 'command'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];
export type ByProcess = Readonly<Record<ProcessName, number>>;

/** CPU seconds that were used up to a moment. */
export interface CpuSample {
  /** As `Date.now()`. */
  readonly at: number;
  readonly seconds: ByProcess;
}

/** What was seen of a command and its servers from its start to its end. */
export interface Observation {
  readonly samples: readonly CpuSample[];
  /** CPU seconds of everything else on the machine meanwhile: a figure over one or two says that it was shared. */
  readonly foreignSeconds: number;
  /** Most bytes at one moment: of mongod resident, of PostgreSQL private to all its processes and shared, of the others their own maximum. */
  readonly peakBytes: ByProcess;
  /** When the host was seen first, as `Date.now()`; null where it never was. */
  readonly hostSeenAt: number | null;
}

const SAMPLE_EVERY_MS = 100;
/** Memory costs more to read, and what each process tells of itself is its maximum up to now. */
const SAMPLES_PER_LOOK_AT_MEMORY = 5;
const NOTHING: ByProcess = { mongod: 0, postgres: 0, host: 0, storage: 0, command: 0 };

/** Begins to look at a command's processes and the servers' by `/proc`; null where there is none, as on other systems than Linux. */
export function observe(commandPid: number, servers: ServerPids): { stop(): Observation } | null {
  if (process.platform !== 'linux') return null;
  const seen = new Map<number, { name: ProcessName; seconds: number }>();
  const samples: CpuSample[] = [];
  let peakBytes = NOTHING;
  let hostSeenAt: number | null = null;
  const busyBefore = busySeconds();
  const ownBefore = ownSeconds();

  const look = (): void => {
    for (const pid of [commandPid, ...descendants(commandPid)]) {
      const stat = read(`/proc/${pid}/stat`);
      if (stat === null) continue;
      const name = pid === commandPid ? 'command' : programOf(read(`/proc/${pid}/cmdline`) ?? '', seen.get(pid)?.name);
      if (name === 'host') hostSeenAt ??= Date.now();
      seen.set(pid, { name, seconds: parseStat(stat).ownSeconds });
    }
    const seconds = {
      ...NOTHING,
      mongod: servers.mongod === null ? 0 : secondsOf(servers.mongod),
      postgres: servers.postgres === null ? 0 : secondsOfAll(servers.postgres),
    };
    for (const { name, seconds: own } of seen.values()) seconds[name] += own;
    const last = samples.at(-1)?.seconds ?? NOTHING;
    // A process that has ended is missing for a moment until its parent has waited for it.
    const grown = mapProcesses((name) => Math.max(seconds[name], last[name]));
    if (samples.length % SAMPLES_PER_LOOK_AT_MEMORY === 0) lookAtMemory();
    samples.push({ at: Date.now(), seconds: grown });
  };

  const lookAtMemory = (): void => {
    const bytes = { ...NOTHING, mongod: resident(servers.mongod), postgres: privateAndShared(servers.postgres) };
    for (const [pid, { name }] of seen) {
      bytes[name] = Math.max(bytes[name], parseMemory(read(`/proc/${pid}/status`) ?? '', 'VmHWM'));
    }
    const before = peakBytes;
    peakBytes = mapProcesses((name) => Math.max(bytes[name], before[name]));
  };

  look();
  const timer = setInterval(look, SAMPLE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      const first = samples[0]?.seconds ?? NOTHING;
      const last = samples.at(-1)?.seconds ?? NOTHING;
      const used = PROCESS_NAMES.reduce((sum, name) => sum + last[name] - first[name], ownSeconds() - ownBefore);
      return { samples, foreignSeconds: Math.max(0, busySeconds() - busyBefore - used), peakBytes, hostSeenAt };
    },
  };
}

/** A figure for each process. */
export function mapProcesses(figure: (name: ProcessName) => number): Record<ProcessName, number> {
  return {
    mongod: figure('mongod'),
    postgres: figure('postgres'),
    host: figure('host'),
    storage: figure('storage'),
    command: figure('command'),
  };
}

/**
 * Which of the command's children this is, by its arguments. Right after a fork they are its parent's, so each look asks again;
 * a process that has ended and was not waited for yet has none, and stays what it was.
 */
export function programOf(commandLine: string, before: ProcessName | undefined): ProcessName {
  if (commandLine === '') return before ?? 'command';
  if (/command[\\/]main\.js/.test(commandLine)) return 'host';
  return /azurite/i.test(commandLine) ? 'storage' : 'command';
}

function descendants(pid: number): number[] {
  return children(pid).flatMap((child) => [child, ...descendants(child)]);
}

function children(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`)?.trim() ?? '';
  return text === '' ? [] : text.split(' ').map(Number);
}

function secondsOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return stat === null ? 0 : parseStat(stat).ownSeconds;
}

/** A server that starts a process for each connection: those that have ended are in its own books. */
function secondsOfAll(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return 0;
  const { ownSeconds: own, reapedSeconds } = parseStat(stat);
  return children(pid).reduce((sum, child) => sum + secondsOf(child), own + reapedSeconds);
}

function resident(pid: number | null): number {
  return pid === null ? 0 : parseMemory(read(`/proc/${pid}/status`) ?? '', 'VmRSS');
}

function privateAndShared(pid: number | null): number {
  if (pid === null) return 0;
  const statuses = [pid, ...children(pid)].map((each) => read(`/proc/${each}/status`) ?? '');
  const shared = Math.max(...statuses.map((status) => parseMemory(status, 'RssShmem')));
  return statuses.reduce((sum, status) => sum + parseMemory(status, 'RssAnon'), shared);
}

function busySeconds(): number {
  return parseBusySeconds(read('/proc/stat') ?? '');
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

/** Null where the process has ended. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
