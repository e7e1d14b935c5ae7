import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arena } from './arena.ts';
import type { Outcome } from './outcome.ts';
import { runInPhases, SLOWLY } from './runInPhases.ts';

const HOUR_MS = 3_600_000;
/** Far less than the hour that nothing may wait for. */
const SOON_SECONDS = 300;
const PRELOAD = fileURLToPath(
  new URL('../../../packages/functions-host/test/support/jumpingClock.ts', import.meta.url),
);

/** The clock of the command and its host is set forward by an hour in one phase and back in the other, either way round. */
export async function* clockRounds(arena: Arena): AsyncGenerator<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-clock-'));
  try {
    for (const [name, first] of [
      ['forward, then back', HOUR_MS],
      ['back, then forward', -HOUR_MS],
    ] as const) {
      const clock = join(directory, name.replaceAll(/\W+/g, '-'));
      const env = {
        NODE_OPTIONS: `--import=${PRELOAD} --disable-warning=ExperimentalWarning`,
        JUMPING_CLOCK: clock,
      };
      const migration = await arena.newMigration('large', { args: SLOWLY, env });
      const faults = { copy: () => writeFile(clock, String(first)), proof: () => writeFile(clock, String(-first)) };
      const outcome = await runInPhases(migration, faults, { scenario: 'clock', what: `set ${name}, by hours` });
      const isLate = outcome.seconds > SOON_SECONDS;
      yield { ...outcome, failures: [...outcome.failures, ...(isLate ? ['it waited for the clock'] : [])] };
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
