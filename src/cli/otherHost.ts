import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { MigrationError } from '../errors.ts';
import type { Output } from './output.ts';
import { isAlive, type LiveHost, readLiveHost, type StatePlace } from './stateDirectory.ts';

/** A host notices that its command is gone, and lets running work end within 30 seconds. */
const PATIENCE_MS = 45_000;
const INTERVAL_MS = 200;

/** True when the process is certainly the host of this place: ids of processes are given out again. */
const isHostOf = async (place: StatePlace, pid: number): Promise<boolean> => {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').includes(place.stateFile);
  } catch {
    // No such file on this system, or the process has just ended: then it is only waited for.
    return false;
  }
};

/**
 * The host that another call of the command keeps running in this place, or null. One whose command was killed is ended
 * first, at once where it can be told for sure: its state is made for that. Throws MigrationError('conflict') when it stays.
 */
export const findOtherHost = async (place: StatePlace, output: Output): Promise<LiveHost | null> => {
  const live = await readLiveHost(place);
  if (live === null || isAlive(live.ownerPid)) return live;
  output.note('The command that ran this migration was killed: waiting for its host to end');
  if (await isHostOf(place, live.pid)) process.kill(live.pid, 'SIGKILL');
  const until = performance.now() + PATIENCE_MS;
  while (isAlive(live.pid)) {
    if (performance.now() > until) {
      throw new MigrationError('conflict', `The host of a killed command still runs (process ${live.pid})`, {
        hint: 'End that process, then try again',
      });
    }
    await wait(INTERVAL_MS);
  }
  return null;
};
