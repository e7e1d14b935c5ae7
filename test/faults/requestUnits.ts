import { parseArgs } from 'node:util';
import { cloneDatabase } from '@mlflow-migrate/dev-servers/databases';
import pg from 'pg';
import { runCommand } from './command.ts';
import { startCosmosProxy } from './proxy/cosmosProxy.ts';
import { startArena } from './scenarios/arena.ts';
import { bookFailures, percent } from './scenarios/outcome.ts';

const USAGE = `npm run build && node test/faults/requestUnits.ts [--limits 400,1000,4000] [--layouts tables,mlflow] [--known true,false] [--seconds N] [--at-once N] [--seed N]
Migrates into an imitated account with request units, and tells for each limit, layout and account that says its
throughput or does not: what share of the limit was spent while copying, and what share of requests and of documents
was refused, from the beginning to the end of the migration.`;

const { values } = parseArgs({
  options: {
    limits: { type: 'string', default: '400,1000,4000' },
    layouts: { type: 'string', default: 'tables,mlflow' },
    known: { type: 'string', default: 'true,false' },
    seconds: { type: 'string', default: '60' },
    'at-once': { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit();
}

/** Request units of the whole source in each layout, by the proxy's books. */
const SOURCE_UNITS: Readonly<Record<string, number>> = { tables: 1_340_000, mlflow: 500_000 };
const TIMEOUT_MS = 20 * 60_000;
/** Rows go with their runs, in this order of foreign keys. */
const TABLES_OF_RUNS = ['metrics', 'latest_metrics', 'params', 'tags', 'runs'];

interface Cell {
  readonly limit: number;
  readonly layout: string;
  readonly isKnown: boolean;
}

const arena = await startArena(['large']);
const sources = new Map<number, Promise<string>>();
let failed = 0;
try {
  const cells: Cell[] = values.layouts
    .split(',')
    .flatMap((layout) =>
      values.limits
        .split(',')
        .flatMap((limit) =>
          values.known.split(',').map((known) => ({ layout, limit: Number(limit), isKnown: known === 'true' })),
        ),
    );
  process.stdout.write(
    '| Limit | Throughput | Layout | Spent while copying | Requests refused | Documents refused | Seconds |\n',
  );
  process.stdout.write('| ---: | --- | --- | ---: | ---: | ---: | ---: |\n');
  const next = async (): Promise<void> => {
    for (let cell = cells.shift(); cell !== undefined; cell = cells.shift()) await run(cell);
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, next));
} finally {
  await arena.stop();
}
process.exitCode = failed === 0 ? 0 : 1;

async function run({ limit, layout, isKnown }: Cell): Promise<void> {
  const percentOfRuns = Math.ceil((100 * limit * Number(values.seconds)) / (SOURCE_UNITS[layout] ?? Number.NaN));
  const proxy = await startCosmosProxy({
    upstream: { host: '127.0.0.1', port: arena.mongodPort },
    flavour: 'ru',
    requestUnitsPerSecond: limit,
    // An account that refuses the question, as serverless ones do.
    serverless: !isKnown,
    hints: 'sometimes',
    seed: Number(values.seed),
  });
  try {
    const migration = await arena.newMigration('large', {
      targetPort: proxy.port,
      postgresUri: await sourceOf(percentOfRuns),
      args: ['--layout', layout],
    });
    const result = await runCommand(migration, TIMEOUT_MS);
    const stats = proxy.stats();
    const failures = bookFailures(stats);
    if (result.exitCode !== 0 || failures.length > 0) failed++;
    const figures = [
      limit.toLocaleString('en-US'),
      isKnown ? 'known' : 'unknown',
      layout,
      percent(stats.spentShare),
      percent(stats.refusedCommandShare),
      percent(stats.refusedShare),
      (((stats.writing?.toMs ?? 0) - (stats.writing?.fromMs ?? 0)) / 1_000).toFixed(0),
    ];
    process.stdout.write(`| ${figures.join(' | ')} |\n`);
    process.stderr.write(
      `exit code ${result.exitCode}, ${stats.chargedCommands} requests, ${stats.spentUnits.toFixed(0)} units, refused: ${JSON.stringify(stats.refusedByName)} ${failures.join(', ')}\n`,
    );
    if (result.exitCode !== 0) process.stderr.write(`${result.stderr.slice(-2_000)}\n`);
    await migration.drop();
  } finally {
    await proxy.stop();
  }
}

/** A source with that part of the runs, and all the rest. */
function sourceOf(percentOfRuns: number): Promise<string> {
  const known = sources.get(percentOfRuns);
  if (known !== undefined) return known;
  // A database that is being copied may not be copied twice at once.
  const made = Promise.allSettled(sources.values()).then(() => makeSource(percentOfRuns));
  sources.set(percentOfRuns, made);
  return made;
}

async function makeSource(percentOfRuns: number): Promise<string> {
  const uri = await cloneDatabase(arena.sources.large, 'large', `part_${percentOfRuns}`);
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    for (const table of TABLES_OF_RUNS) {
      await client.query(`delete from ${table} where abs(hashtext(run_uuid)) % 100 >= ${percentOfRuns}`);
    }
    await client.query('analyze');
  } finally {
    await client.end();
  }
  return uri;
}
