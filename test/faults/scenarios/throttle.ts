import { runCommand } from '../command.ts';
import { startCosmosProxy } from '../proxy/cosmosProxy.ts';
import type { Arena } from './arena.ts';
import { bookFailures, commonFailures, type Outcome, percent } from './outcome.ts';

const HINTS = ['always', 'never', 'sometimes'] as const;
/** Small limits get the small source: it takes a minute at 400 RU/s. The tables of the large one are chosen to take as long at 4,000. */
const LIMITS = [
  { units: 400, source: 'small' as const, tables: undefined },
  { units: 1_000, source: 'small' as const, tables: undefined },
  { units: 4_000, source: 'large' as const, tables: ['experiments', 'runs', 'latest_metrics'] },
];
const TIMEOUT_MS = 15 * 60_000;
/** A cut connection, and the time until the driver has another, cost throughput that no client can spend. */
const SPENT_SHARE = { whole: 0.9, cut: 0.6 };

/** Migrations through a request-unit limit far below the load, every second round with connections cut at 2 %. */
export async function* throttleRounds(arena: Arena, round: number, seed: number): AsyncGenerator<Outcome> {
  for (const [index, { units, source, tables }] of LIMITS.entries()) {
    const hints = HINTS[(round + index) % HINTS.length] ?? 'always';
    const cutRate = round % 2 === 1 ? 0.02 : 0;
    const proxy = await startCosmosProxy({
      upstream: { host: '127.0.0.1', port: arena.mongodPort },
      flavour: 'ru',
      requestUnitsPerSecond: units,
      hints,
      cutRate,
      seed: seed + index,
    });
    try {
      const migration = await arena.newMigration(source, {
        targetPort: proxy.port,
        ...(tables === undefined ? {} : { tables }),
      });
      const result = await runCommand(migration, TIMEOUT_MS);
      const stats = proxy.stats();
      const comparison = await migration.compare();
      const failures = [...commonFailures(result, comparison), ...bookFailures(stats)];
      const wanted = cutRate === 0 ? SPENT_SHARE.whole : SPENT_SHARE.cut;
      if ((stats.spentShare ?? 0) < wanted) failures.push(`spent only ${percent(stats.spentShare)} of the limit`);
      if (stats.refusedShare >= 0.05) failures.push(`${percent(stats.refusedShare)} of the requests refused`);
      yield {
        scenario: 'throttle',
        what: `${units} RU/s, hints ${hints}, ${percent(cutRate)} cut`,
        seconds: result.durationMs / 1_000,
        figures: {
          rows: comparison.rows,
          spent: percent(stats.spentShare),
          refused: percent(stats.refusedShare),
          accepted: stats.accepted,
          'again after loss': stats.resentAfterLoss,
          cuts: stats.cuts.before + stats.cuts.after,
          commands: stats.chargedCommands,
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
