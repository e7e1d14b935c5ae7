import { startReplicaSet } from '../../support/replicaSet.ts';
import type { Arena } from './arena.ts';
import type { Outcome } from './outcome.ts';
import { runInPhases, SLOWLY } from './runInPhases.ts';

/** A replica set of three: its primary steps down in both phases, is killed in one of them, or a member is lost for good. */
export async function* replicaRounds(arena: Arena): AsyncGenerator<Outcome> {
  {
    await using replicas = await startReplicaSet(0);
    const migration = await arena.newMigration('large', { mongodbUri: replicas.uri, args: SLOWLY });
    const faults = { copy: () => replicas.stepDown(), proof: () => replicas.stepDown() };
    yield await runInPhases(migration, faults, { scenario: 'replicas', what: 'primary steps down twice' });
  }
  for (const which of ['primary', 'third'] as const) {
    for (const phase of ['copy', 'proof'] as const) {
      await using replicas = await startReplicaSet(0);
      const migration = await arena.newMigration('large', { mongodbUri: replicas.uri, args: SLOWLY });
      const what = `${which === 'third' ? 'a member' : 'primary'} lost in the ${phase}`;
      yield await runInPhases(migration, { [phase]: () => replicas.kill(which) }, { scenario: 'replicas', what });
    }
  }
}
