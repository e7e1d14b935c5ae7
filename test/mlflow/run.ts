import { access, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { removeStackDirectory, startStack } from '@mlflow-migrate/dev-servers';
import { findCases } from './cases.ts';
import { type CaseResult, type Mode, runCase } from './runCase.ts';
import { virtualEnvironment } from './virtualEnvironment.ts';

/** The newest release of MLflow that the questions were asked of, to which databases of all others can be upgraded. */
const NEWEST_MLFLOW = '3.18.0';
/** The release of the plugin that the layout is specified for (`docs/reference/mlflow-mongodb-layout.md`). */
const SPECIFIED_PLUGIN = '0.1.0b2';

const USAGE = `npm run test:mlflow -- [--fixture NAMES] [--mlflow RELEASE] [--plugin RELEASE] [--step N] [--offset N] [--back | --self-check] [--keep]
Migrates every dump in test/fixtures with --layout mlflow, asks a real MLflow on PostgreSQL and one on MongoDB the same
questions, and writes to both. NAMES are those of dumps without "mlflow-" and ".sql.gz", by commas. --mlflow is the
release of both servers, ${NEWEST_MLFLOW} unless told otherwise, --plugin that of mlflow-mongodb, ${SPECIFIED_PLUGIN}.
--step asks every N-th question only, from the --offset-th on.
--back then brings what was written back into PostgreSQL, into an empty database and into the source, and asks there too.
--self-check asks about the test itself: PostgreSQL against itself must show no difference, MongoDB with changed values must.
--keep leaves the migrated databases on disk. Ends with a line "N passed, N failed"; exit code 1 when any failed.`;
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

const { values } = parseArgs({
  options: {
    fixture: { type: 'string' },
    mlflow: { type: 'string', default: NEWEST_MLFLOW },
    plugin: { type: 'string', default: SPECIFIED_PLUGIN },
    step: { type: 'string', default: '1' },
    offset: { type: 'string', default: '0' },
    back: { type: 'boolean', default: false },
    'self-check': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const sampling = { step: Number(values.step), offset: Number(values.offset) };
const mode: Mode = values['self-check'] ? 'self-check' : values.back ? 'back' : 'ask';
const found = await findCases(values.fixture?.split(','));
// The self-check asks two servers alike, and the way back takes whole databases, which one workspace of many is not.
const cases = mode !== 'ask' ? found.filter(({ workspace, refusal }) => !workspace && !refusal) : found;
if (values.help || !(sampling.step >= 1) || !(sampling.offset >= 0) || cases.length === 0) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}

const environment = await virtualEnvironment({
  mlflow: values.mlflow,
  packages: [`mlflow-mongodb==${values.plugin}`, 'psycopg2-binary'],
  imports: ['mlflow_mongodb', 'psycopg2'],
});
if ('missing' in environment) {
  process.stdout.write(`SKIPPED: ${environment.missing}\n`);
  process.exit(0);
}
await buildWhenMissing();

const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-stack-'));
const stack = await startStack({ directory, postgres: true, mongodb: true, storage: true, isThrowAway: true });
const stop = async (): Promise<void> => {
  await stack.stop();
  if (values.keep) process.stderr.write(`Kept: ${directory}\n`);
  else await removeStackDirectory(directory);
};
// What was started besides the stack is under guard and ends with this process.
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => void stop().finally(() => process.exit(130)));

let passed = 0;
let failed = 0;
try {
  const servers = {
    postgresUri: stack.postgres!.uri,
    mongodbUri: stack.mongodb!.uri,
    storage: stack.storage!.connectionString,
    python: join(environment.directory, 'bin', 'python'),
  };
  row('fixture', 'questions', 'different', 'writes', 'failures', 'seconds');
  for (const one of cases) {
    const startedMs = performance.now();
    let result: CaseResult;
    try {
      result = await runCase(one, servers, sampling, mode);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      result = { questions: 0, different: 0, writes: 0, failures: [message] };
    }
    const { questions, different, writes, failures } = result;
    const seconds = (performance.now() - startedMs) / 1_000;
    row(one.name, questions, different, writes, failures.length, seconds.toFixed(0));
    for (const failure of failures) process.stdout.write(`  ${failure}\n`);
    if (failures.length === 0 && different === 0 && questions > 0) passed += 1;
    else failed += 1;
  }
} finally {
  await stop();
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function row(name: string, ...columns: readonly (string | number)[]): void {
  process.stdout.write(`${name.padEnd(28)}${columns.map((column) => String(column).padStart(11)).join('')}\n`);
}

async function buildWhenMissing(): Promise<void> {
  try {
    await access(join(REPOSITORY, 'dist', 'main.cjs'));
  } catch {
    // Not built yet: the command runs the bundle, as a deployed app does.
    process.chdir(REPOSITORY);
    await import('../../scripts/build.ts');
  }
}
