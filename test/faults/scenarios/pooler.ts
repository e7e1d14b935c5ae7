import { startTransactionPooler } from '../../support/transactionPooler.ts';
import type { Arena } from './arena.ts';
import type { Outcome } from './outcome.ts';
import { after, runInPhases, SLOWLY } from './runInPhases.ts';

const DOWN_MS = 3_000;
const SERVER_CONNECTIONS = 4;
/** Fewer than a migration asks for by itself. */
const MAX_CLIENTS = 2;

/** A pooler in transaction mode before PostgreSQL: restarted in the copy and in the proof, and one that lets few clients in. */
export async function* poolerRounds(arena: Arena): AsyncGenerator<Outcome> {
  const pooled = (port: number) => {
    const uri = new URL(arena.sources.large);
    uri.port = String(port);
    return { postgresUri: uri.href, comparedUri: arena.sources.large };
  };
  let pooler = await startTransactionPooler(arena.sources.large, SERVER_CONNECTIONS);
  const { port } = pooler;
  const restart = async () => {
    await pooler[Symbol.asyncDispose]();
    await after(DOWN_MS, async () => {
      pooler = await startTransactionPooler(arena.sources.large, SERVER_CONNECTIONS, { port });
    });
  };
  try {
    const migration = await arena.newMigration('large', { ...pooled(port), args: SLOWLY });
    yield await runInPhases(
      migration,
      { copy: restart, proof: restart },
      { scenario: 'pooler', what: 'restarted twice' },
    );
  } finally {
    await pooler[Symbol.asyncDispose]();
  }
  await using full = await startTransactionPooler(arena.sources.large, SERVER_CONNECTIONS, { maxClients: MAX_CLIENTS });
  const migration = await arena.newMigration('large', pooled(full.port));
  const outcome = await runInPhases(migration, {}, { scenario: 'pooler', what: `full at ${MAX_CLIENTS} clients` });
  const failures = full.refused > 0 ? outcome.failures : [...outcome.failures, 'it was never full'];
  yield { ...outcome, figures: { ...outcome.figures, refused: full.refused }, failures };
}
