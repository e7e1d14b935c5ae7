import { parseArgs } from 'node:util';
import { runCommand } from './command.ts';
import { type Arena, hasCommand, startArena } from './scenarios/arena.ts';
import { clockRounds } from './scenarios/clock.ts';
import { cutoverRounds } from './scenarios/cutover.ts';
import { cutRounds } from './scenarios/cuts.ts';
import { diskFullRounds } from './scenarios/diskFull.ts';
import { documentDbRounds } from './scenarios/documentDb.ts';
import { failoverRounds } from './scenarios/failover.ts';
import { killRounds } from './scenarios/kills.ts';
import { commonFailures, type Outcome, printOutcome } from './scenarios/outcome.ts';
import { pauseRounds } from './scenarios/pauses.ts';
import { poolerRounds } from './scenarios/pooler.ts';
import { replicaRounds } from './scenarios/replicas.ts';
import { restartRounds } from './scenarios/restarts.ts';
import { storageRounds } from './scenarios/storage.ts';
import { throttleRounds } from './scenarios/throttle.ts';

/** What is known of a round: its number, a seed of its own, and how long an undisturbed migration takes. */
interface Round {
  readonly round: number;
  readonly seed: number;
  readonly durationMs: number;
}

/** By the name with which each can be run alone. */
const SCENARIOS: Readonly<Record<string, (arena: Arena, round: Round) => AsyncGenerator<Outcome>>> = {
  kills: (where, { round, seed: own, durationMs }) => killRounds(where, round, own, durationMs),
  throttle: (where, { round, seed: own }) => throttleRounds(where, round, own),
  cuts: (where, { round, seed: own }) => cutRounds(where, round, own),
  restarts: (where, { seed: own, durationMs }) => restartRounds(where, own, durationMs),
  failover: failoverRounds,
  pooler: poolerRounds,
  replicas: replicaRounds,
  storage: storageRounds,
  clock: clockRounds,
  pauses: pauseRounds,
  disk: diskFullRounds,
  documentdb: documentDbRounds,
  cutover: (where, { seed: own }) => cutoverRounds(where, own),
};

const USAGE = `npm run test:faults -- [--seed N] [--rounds N] [--only NAME,NAME]
Names: ${Object.keys(SCENARIOS).join(', ')}.
Migrates under faults and compares every row. The same seed draws the same faults; rounds is for each scenario.
Ends with a line "N passed, N failed"; exit code 1 when any failed.`;
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
const scenarios = values.only?.split(',') ?? Object.keys(SCENARIOS);
const isKnown = scenarios.every((name) => Object.hasOwn(SCENARIOS, name));
if (values.help || !Number.isInteger(seed) || !(rounds >= 1) || !isKnown) {
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
        const own = { round, seed: seed * 1_000 + round * 10, durationMs: undisturbed.seconds * 1_000 };
        for await (const outcome of SCENARIOS[scenario]?.(arena, own) ?? []) tell(outcome);
      }
    }
  }
} finally {
  await arena.stop();
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

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
