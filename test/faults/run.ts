import { parseArgs } from 'node:util';
import { runCommand } from './command.ts';
import { type Arena, hasCommand, startArena } from './scenarios/arena.ts';
import { cutRounds } from './scenarios/cuts.ts';
import { killRounds } from './scenarios/kills.ts';
import { commonFailures, type Outcome, printOutcome } from './scenarios/outcome.ts';
import { restartRounds } from './scenarios/restarts.ts';
import { throttleRounds } from './scenarios/throttle.ts';

const USAGE = `npm run test:faults -- [--seed N] [--rounds N] [--only kills|throttle|cuts|restarts]
Migrates under faults and compares every row. The same seed draws the same faults; rounds is for each scenario.
Ends with a line "N passed, N failed"; exit code 1 when any failed.`;
const SCENARIOS = ['kills', 'throttle', 'cuts', 'restarts'] as const;
type Scenario = (typeof SCENARIOS)[number];
const LOG_CHARACTERS = 1_500;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [seed, rounds] = [Number(values.seed), Number(values.rounds)];
const scenarios = SCENARIOS.filter((name) => values.only === undefined || values.only.split(',').includes(name));
if (values.help || !Number.isInteger(seed) || !(rounds >= 1) || scenarios.length === 0) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}
if (!(await hasCommand())) {
  process.stderr.write('There is no src/cli/main.ts to run\n');
  process.exit(2);
}

let passed = 0;
let failed = 0;
const tell = (outcome: Outcome) => {
  if (outcome.failures.length === 0) passed += 1;
  else failed += 1;
  process.stdout.write(`${printOutcome(outcome)}\n`);
  if (outcome.failures.length > 0) process.stderr.write(`${outcome.log.slice(-LOG_CHARACTERS)}\n`);
};

const arena = await startArena(scenarios.includes('throttle') ? ['small', 'large'] : ['large']);
const stopEarly = () => void arena.stop().finally(() => process.exit(130));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stopEarly);
try {
  const undisturbed = await runUndisturbed(arena);
  tell(undisturbed);
  if (undisturbed.failures.length === 0) {
    for (const scenario of scenarios) {
      for (let round = 0; round < rounds; round += 1) {
        for await (const outcome of roundOf(scenario, round, undisturbed.seconds * 1_000)) tell(outcome);
      }
    }
  }
} finally {
  await arena.stop();
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Every round of every scenario has a seed of its own. */
function roundOf(scenario: Scenario, round: number, durationMs: number): AsyncGenerator<Outcome> {
  const roundSeed = seed * 1_000 + round * 10;
  switch (scenario) {
    case 'kills':
      return killRounds(arena, round, roundSeed, durationMs);
    case 'throttle':
      return throttleRounds(arena, round, roundSeed);
    case 'cuts':
      return cutRounds(arena, round, roundSeed);
    case 'restarts':
      return restartRounds(arena, roundSeed, durationMs);
  }
}

/** The measure for the moments of faults, and proof that what fails later fails by its fault. */
async function runUndisturbed(where: Arena): Promise<Outcome> {
  const migration = await where.newMigration('large');
  const result = await runCommand(migration, 10 * 60_000);
  const comparison = await migration.compare();
  await migration.drop();
  return {
    scenario: 'none',
    what: 'undisturbed',
    seconds: result.durationMs / 1_000,
    figures: { rows: comparison.rows },
    failures: commonFailures(result, comparison),
    log: result.stderr,
  };
}
