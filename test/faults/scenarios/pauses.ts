import { startReplicaSet } from '../../support/replicaSet.ts';
import type { RunningCommand } from '../command.ts';
import { descendantsOf, signal } from '../processTree.ts';
import type { Arena } from './arena.ts';
import type { Outcome } from './outcome.ts';
import { after, runInPhases, SLOWLY } from './runInPhases.ts';

/** Longer than the right to write is trusted, and than the drivers' monitors wait. */
const PAUSE_MS = 45_000;

/** What stands still for a while (SIGSTOP) and goes on: the migrating processes, each server, and the primary of a replica set. */
export async function* pauseRounds(arena: Arena): AsyncGenerator<Outcome> {
  const word = `for ${PAUSE_MS / 1_000} s`;
  for (const phase of ['copy', 'proof'] as const) {
    const migration = await arena.newMigration('large', { args: SLOWLY });
    yield await runInPhases(
      migration,
      { [phase]: pauseCommand },
      { scenario: 'pauses', what: `itself ${word}, ${phase}` },
    );
  }
  for (const server of ['postgres', 'mongodb'] as const) {
    const migration = await arena.newMigration('large', { args: SLOWLY });
    const pause = async () => after(PAUSE_MS, await arena.pause(server));
    yield await runInPhases(
      migration,
      { copy: pause, proof: pause },
      { scenario: 'pauses', what: `${server} ${word}, twice` },
    );
  }
  await using replicas = await startReplicaSet(0);
  const migration = await arena.newMigration('large', { mongodbUri: replicas.uri, args: SLOWLY });
  const pause = async () => after(PAUSE_MS, await replicas.pausePrimary());
  yield await runInPhases(migration, { copy: pause }, { scenario: 'pauses', what: `a primary ${word}, copy` });
}

/** The command, its host, and whatever else it has started. */
async function pauseCommand({ pid }: RunningCommand): Promise<void> {
  const pids = [pid, ...(await descendantsOf(pid)).map((one) => one.pid)];
  for (const one of pids) signal(one, 'SIGSTOP');
  await after(PAUSE_MS, () => {
    for (const one of pids) signal(one, 'SIGCONT');
  });
}
