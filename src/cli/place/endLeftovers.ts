import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MigrationError } from '../../errors.ts';
import type { Output } from '../display/output.ts';
import { isRunning, markOf, type ProcessMark } from './processMark.ts';
import { readLiveHost, type StatePlace } from './stateDirectory.ts';

/** A host whose command was killed ends by itself within 30 seconds, a mongod that is asked to within 20. */
const PATIENCE_MS = 45_000;
/** What a server gets to close its files in order: a mongod that is killed loses what it acknowledged a moment before. */
const GRACE_MS = 20_000;
const INTERVAL_MS = 100;

type Kind = 'host' | 'server';

function after(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

/** What a process is in this place by its arguments, which are those that the command starts its own with; null for anything else. */
function processKind(place: StatePlace, args: readonly string[]): Kind | null {
  const runs = (script: RegExp): boolean => args.some((argument) => script.test(argument));
  if (runs(/\/main\.[jt]s$/) && after(args, '--state') === place.stateFile) return 'host';
  if (runs(/\/azuriteMain\.[jt]s$/) && args.at(-1) === join(place.directory, 'storage')) return 'server';
  // One that somebody has started by hand to look at the documents is left alone.
  const isMongod = args.includes('--nounixsocket') && after(args, '--dbpath') === join(place.directory, 'mongodb');
  return isMongod ? 'server' : null;
}

/** Processes of this place, as far as the system lets them be listed (Linux). */
function list(place: StatePlace): { readonly kind: Kind; readonly mark: ProcessMark }[] {
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
      const kind = processKind(place, args);
      return kind === null ? [] : [{ kind, mark: markOf(Number(name)) }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

function send({ pid }: ProcessMark, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended, or is not ours to end: whether it stays is looked at next.
  }
}

/** Waits until all have ended, and returns those that have not. */
async function waitFor(marks: readonly ProcessMark[], patienceMs: number): Promise<readonly ProcessMark[]> {
  const until = performance.now() + patienceMs;
  let left = marks.filter(isRunning);
  while (left.length > 0 && performance.now() < until) {
    await wait(INTERVAL_MS);
    left = left.filter(isRunning);
  }
  return left;
}

/**
 * Ends what a killed command has left running in a place: its host at once, as its state is made for that, then the servers,
 * which close their files first. Only for whoever holds the place's lock: everything that runs there is left over then.
 * Throws MigrationError('conflict') when something stays.
 */
export async function endLeftovers(place: StatePlace, output: Output): Promise<void> {
  const found = list(place);
  const live = await readLiveHost(place);
  const hosts = found.filter(({ kind }) => kind === 'host').map(({ mark }) => mark);
  const servers = found.filter(({ kind }) => kind === 'server').map(({ mark }) => mark);
  // Where processes cannot be listed, the host is only waited for: its id alone does not tell whose it is.
  if (hosts.length === 0 && live !== null) hosts.push(live);
  if (hosts.length + servers.length === 0) return;
  output.note('The command that ran this migration was killed: ending what it left running');
  for (const host of hosts) if (host !== live) send(host, 'SIGKILL');
  const hostsLeft = await waitFor(hosts, PATIENCE_MS);
  for (const server of servers) send(server, 'SIGTERM');
  for (const server of await waitFor(servers, GRACE_MS)) send(server, 'SIGKILL');
  const [left] = [...hostsLeft, ...(await waitFor(servers, GRACE_MS))];
  if (left === undefined) return;
  throw new MigrationError(
    'conflict',
    `A process that a killed command left behind is still running (process ${left.pid})`,
    {
      hint: 'End that process, then try again',
    },
  );
}
