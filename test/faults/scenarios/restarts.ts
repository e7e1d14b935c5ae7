import { setTimeout as sleep } from 'node:timers/promises';
import { startCommand } from '../command.ts';
import { seededRandom } from '../proxy/random.ts';
import type { Arena } from './arena.ts';
import { commonFailures, type Outcome } from './outcome.ts';

/** A migration in whose middle PostgreSQL, then in another mongod, is killed and started again. */
export async function* restartRounds(arena: Arena, seed: number, durationMs: number): AsyncGenerator<Outcome> {
  const random = seededRandom(seed);
  for (const server of ['postgres', 'mongodb'] as const) {
    const migration = await arena.newMigration('large');
    const atMs = (0.1 + 0.6 * random()) * durationMs;
    const running = startCommand(migration);
    await sleep(atMs);
    const isMidway = running.child.exitCode === null;
    const restartMs = performance.now();
    await arena.restart(server);
    const downMs = Math.round(performance.now() - restartMs);
    const result = await running.result;
    const comparison = await migration.compare();
    const failures = commonFailures(result, comparison);
    yield {
      scenario: 'restarts',
      what: `${server} after ${(atMs / 1_000).toFixed(2)} s${isMidway ? '' : ' (too late)'}`,
      seconds: result.durationMs / 1_000,
      figures: { rows: comparison.rows, 'down ms': downMs },
      failures,
      log: result.stderr,
    };
    await migration.drop();
  }
}
