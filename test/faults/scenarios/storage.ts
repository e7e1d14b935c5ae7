import { StorageRefusal, startStorageRelay } from '../../support/storageRelay.ts';
import type { Arena } from './arena.ts';
import type { Outcome } from './outcome.ts';
import { after, runInPhases, SLOWLY } from './runInPhases.ts';

const GONE_MS = 60_000;
const BUSY_MS = 20_000;
/** Longer than a command bears with a local host that is silent. */
const LOCKED_MS = 90_000;

/** Storage that is gone for a minute, in the copy and in the proof; one that is busy, twice; and one that refuses its key for a while. */
export async function* storageRounds(arena: Arena): AsyncGenerator<Outcome> {
  const lose = async () => after(GONE_MS, await arena.stopStorage());
  for (const phase of ['copy', 'proof'] as const) {
    const migration = await arena.newMigration('large', { args: SLOWLY });
    const what = `gone for ${GONE_MS / 1_000} s in the ${phase}`;
    yield await runInPhases(migration, { [phase]: lose }, { scenario: 'storage', what });
  }
  /** What requests are answered with meanwhile, one after the other; with none they pass. */
  let refusals: readonly StorageRefusal[] = [];
  let requests = 0;
  await using relay = await startStorageRelay(arena.storage, async () => {
    requests += 1;
    const refusal = refusals[requests % refusals.length];
    if (refusal !== undefined) throw refusal;
  });
  const refuse = (ms: number, ...answers: StorageRefusal[]) => {
    refusals = answers;
    return after(ms, () => {
      refusals = [];
    });
  };
  const refused = () => arena.newMigration('large', { args: SLOWLY, storage: relay.connectionString });
  const busy = () => refuse(BUSY_MS, new StorageRefusal(503, 'ServerBusy'), new StorageRefusal(500, 'InternalError'));
  const busyWhat = `answers 503 and 500 for ${BUSY_MS / 1_000} s, twice`;
  yield await runInPhases(await refused(), { copy: busy, proof: busy }, { scenario: 'storage', what: busyWhat });
  const locked = () => refuse(LOCKED_MS, new StorageRefusal(403, 'AuthenticationFailed'));
  const lockedWhat = `answers 403 for ${LOCKED_MS / 1_000} s in the copy`;
  yield await runInPhases(await refused(), { copy: locked }, { scenario: 'storage', what: lockedWhat });
}
