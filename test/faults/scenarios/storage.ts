import { startStorageRelay } from '../../support/storageRelay.ts';
import type { Arena } from './arena.ts';
import type { Outcome } from './outcome.ts';
import { after, runInPhases, SLOWLY } from './runInPhases.ts';

const GONE_MS = 60_000;
const REFUSING_MS = 20_000;

/** Storage that is gone for a minute, in the copy and in the proof, and one that cuts every request for a while. */
export async function* storageRounds(arena: Arena): AsyncGenerator<Outcome> {
  const lose = async () => after(GONE_MS, await arena.stopStorage());
  for (const phase of ['copy', 'proof'] as const) {
    const migration = await arena.newMigration('large', { args: SLOWLY });
    const what = `gone for ${GONE_MS / 1_000} s in the ${phase}`;
    yield await runInPhases(migration, { [phase]: lose }, { scenario: 'storage', what });
  }
  let isRefusing = false;
  await using relay = await startStorageRelay(arena.storage, async () => {
    if (isRefusing) throw new Error('refused');
  });
  const refuse = async () => {
    isRefusing = true;
    await after(REFUSING_MS, () => {
      isRefusing = false;
    });
  };
  const migration = await arena.newMigration('large', { args: SLOWLY, storage: relay.connectionString });
  const what = `refuses for ${REFUSING_MS / 1_000} s, twice`;
  yield await runInPhases(migration, { copy: refuse, proof: refuse }, { scenario: 'storage', what });
}
