import { runCommand } from '../command.ts';
import { startCosmosProxy } from '../proxy/cosmosProxy.ts';
import type { Arena } from './arena.ts';
import { commonFailures, type Outcome, percent } from './outcome.ts';

const TIMEOUT_MS = 10 * 60_000;
/** What a primary says that steps down or shuts down. */
const FAILOVER = [
  { code: 10_107, codeName: 'NotWritablePrimary' },
  { code: 11_600, codeName: 'InterruptedAtShutdown' },
  { code: 91, codeName: 'ShutdownInProgress' },
  { code: 189, codeName: 'PrimarySteppedDown' },
] as const;

/** A migration over a bad network: cut connections, slow answers, failover errors, and once all connections at the same time. */
export async function* cutRounds(arena: Arena, round: number, seed: number): AsyncGenerator<Outcome> {
  const cutRate = [0.02, 0.05, 0.1][round % 3] ?? 0.02;
  const failover = FAILOVER[seed % FAILOVER.length];
  const proxy = await startCosmosProxy({
    upstream: { host: '127.0.0.1', port: arena.mongodPort },
    flavour: 'mongodb',
    seed,
    cutRate,
    delayMs: { min: 0, max: 20 },
    failCommands:
      failover === undefined ? [] : [{ ...failover, commands: ['insert', 'update', 'find', 'getMore'], rate: 0.02 }],
  });
  try {
    const migration = await arena.newMigration('large', { targetPort: proxy.port });
    const cut = setTimeout(() => proxy.cutAll(), 3_000);
    const result = await runCommand(migration, TIMEOUT_MS);
    clearTimeout(cut);
    const stats = proxy.stats();
    const comparison = await migration.compare();
    const failures = commonFailures(result, comparison);
    if (stats.resentInserts > 0) failures.push(`${stats.resentInserts} documents sent again that had been accepted`);
    yield {
      scenario: 'cuts',
      what: `${percent(cutRate)} cut, ${failover?.codeName}`,
      seconds: result.durationMs / 1_000,
      figures: {
        rows: comparison.rows,
        'cut before': stats.cuts.before,
        'cut after': stats.cuts.after,
        'again after loss': stats.resentAfterLoss,
        connections: stats.connections,
      },
      failures,
      log: result.stderr,
    };
    await migration.drop();
  } finally {
    await proxy.stop();
  }
}
