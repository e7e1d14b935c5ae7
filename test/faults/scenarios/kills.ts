import { runWithKills } from '../killer.ts';
import type { Arena } from './arena.ts';
import { commonFailures, type Outcome } from './outcome.ts';

const MAX_KILLS = 3;

/** A migration whose host, command or both are killed up to three times, and resumed. Every second round storage dies with it. `durationMs` is that of an undisturbed one. */
export async function* killRounds(
  arena: Arena,
  round: number,
  seed: number,
  durationMs: number,
): AsyncGenerator<Outcome> {
  const migration = await arena.newMigration('large', { hasOwnStorage: round % 2 === 1 });
  const startedMs = performance.now();
  const run = await runWithKills({ ...migration, resumeArgs: ['--resume'], seed, maxKills: MAX_KILLS, durationMs });
  const comparison = await migration.compare();
  const failures = commonFailures(run.last, comparison);
  for (const { pid, commandLine } of run.leftBehind) failures.push(`left behind: ${pid} ${commandLine.slice(0, 80)}`);
  yield {
    scenario: 'kills',
    what: run.kills.map(({ victim, atMs }) => `${victim} ${(atMs / 1_000).toFixed(2)}`).join(', ') || 'none',
    seconds: (performance.now() - startedMs) / 1_000,
    figures: { rows: comparison.rows, kills: run.kills.length },
    failures,
    log: run.last.stderr,
  };
  await migration.drop();
}
