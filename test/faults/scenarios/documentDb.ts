import { setTimeout as sleep } from 'node:timers/promises';
import { startCommand } from '../command.ts';
import { startDocumentDbProxy } from '../proxy/documentDbProxy.ts';
import { seededRandom } from '../proxy/random.ts';
import type { Arena } from './arena.ts';
import { commonFailures, type Outcome } from './outcome.ts';

/** Restarts of its PostgreSQL in one migration, and how long each takes. */
const RESTARTS = 4;
const DOWN_MS = 800;

/**
 * A migration to the DocumentDB engine, by a proxy: its PostgreSQL restarts, replies are cut and their cursors gone, index builds
 * outlast their commands, and a second one of a collection is refused.
 */
export async function* documentDbRounds(
  arena: Arena,
  { seed, durationMs }: { readonly seed: number; readonly durationMs: number },
): AsyncGenerator<Outcome> {
  const random = seededRandom(seed);
  for (const uniqueIndexes of ['auto', 'all'] as const) {
    const proxy = await startDocumentDbProxy({
      upstream: { host: '127.0.0.1', port: arena.mongodPort },
      replyBytes: 400_000,
      buildMs: 400,
      commandMs: 300,
      refusesSecondBuild: true,
    });
    try {
      const args = ['--unique-indexes', uniqueIndexes];
      const migration = await arena.newMigration('large', { targetPort: proxy.port, args });
      const running = startCommand(migration);
      for (let count = 0; count < RESTARTS && running.child.exitCode === null; count++) {
        await sleep((0.1 + 0.3 * random()) * durationMs + DOWN_MS);
        proxy.restart(DOWN_MS);
      }
      const result = await running.result;
      const comparison = await migration.compare();
      const stats = proxy.stats();
      const failures = commonFailures(result, comparison);
      if (!result.stdout.includes('"flavour": "documentdb"')) failures.push('not told as DocumentDB');
      if (stats.restartRefusals === 0) failures.push('no restart met a request');
      yield {
        scenario: 'documentdb',
        what: `--unique-indexes ${uniqueIndexes}`,
        seconds: result.durationMs / 1_000,
        figures: {
          rows: comparison.rows,
          'refused by restarts': stats.restartRefusals,
          'answers lost': stats.answersLost,
          'builds joined': stats.joined,
          'cursors read on': stats.lostCursors,
        },
        failures,
        log: result.stderr,
      };
      await migration.drop();
    } finally {
      await proxy.stop();
    }
  }
}
