import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type FileLock, tryLockFile } from '@mlflow-migrate/functions-host/lockFile';
import { MigrationError } from '../../errors.ts';
import type { Output } from '../display/output.ts';
import { commandFor } from './commandFor.ts';
import { endLeftovers } from './endLeftovers.ts';
import { type LiveHost, makePlace, readLiveHost, removeLiveHost, type StatePlace } from './stateDirectory.ts';

/** `work` runs what is there, or something new; `look` only shows what is there, and is over in seconds. */
export type Purpose = 'work' | 'look';

/** The place is this call's alone, or a host of another call works there that can be asked. */
export type TakenPlace =
  | { readonly lock: FileLock; readonly live: null }
  | { readonly lock: null; readonly live: LiveHost };

interface LockOwner {
  readonly pid: string;
  readonly purpose: Purpose;
}

/** How long another call may take to start its host, or to look. */
const PATIENCE_MS = 60_000;
const INTERVAL_MS = 50;

function readOwner(place: StatePlace): LockOwner | null {
  try {
    const [pid, purpose] = readFileSync(place.ownerFile, 'utf8').split(' ');
    return pid === undefined || (purpose !== 'work' && purpose !== 'look') ? null : { pid, purpose };
  } catch {
    // It has the lock and has not yet written who it is.
    return null;
  }
}

function conflictWith(owner: LockOwner | null, { name, stateDirectory }: StatePlace): MigrationError {
  const who = owner === null ? '' : ` (process ${owner.pid})`;
  return new MigrationError('conflict', `Another mlflow-migrate${who} works on ${name}`, {
    hint: `Look at it with ${commandFor('status', name, { url: null, stateDirectory })}, wait for it to end, or give another --name for another pair of databases`,
  });
}

/**
 * The place's lock, or null where another call has it. The lock is the operating system's and goes with the process, however
 * that ends, so no process id has to be trusted; what a killed call has left running is ended.
 */
async function tryPlace(place: StatePlace, purpose: Purpose, output: Output): Promise<FileLock | null> {
  const lock = tryLockFile(place.lockFile);
  if (lock === null) return null;
  const release = (): void => {
    rmSync(place.ownerFile, { force: true });
    lock.release();
  };
  try {
    writeFileSync(place.ownerFile, `${process.pid} ${purpose}`, { mode: 0o600 });
    await endLeftovers(place, output);
    await removeLiveHost(place);
    return { release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Takes a place to work in. Throws MigrationError('conflict') where another call works there; one that only looks is waited for. */
export async function lockPlace(place: StatePlace, output: Output, signal: AbortSignal): Promise<FileLock> {
  makePlace(place);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    signal.throwIfAborted();
    const lock = await tryPlace(place, 'work', output);
    if (lock !== null) return lock;
    const owner = readOwner(place);
    if (owner?.purpose === 'work' || performance.now() > until) throw conflictWith(owner, place);
    await wait(INTERVAL_MS, undefined, { signal });
  }
}

/** As {@link lockPlace}, but where another call works in the place, its host is given back as soon as it answers. */
export async function joinPlace(
  place: StatePlace,
  purpose: Purpose,
  output: Output,
  signal: AbortSignal,
): Promise<TakenPlace> {
  makePlace(place);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    signal.throwIfAborted();
    const lock = await tryPlace(place, purpose, output);
    if (lock !== null) return { lock, live: null };
    const owner = readOwner(place);
    const live = owner?.purpose === 'work' ? await readLiveHost(place) : null;
    if (live !== null) return { lock: null, live };
    if (performance.now() > until) throw conflictWith(owner, place);
    await wait(INTERVAL_MS, undefined, { signal });
  }
}
