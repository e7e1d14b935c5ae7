import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDatabase } from '@mlflow-migrate/dev-servers/databases';
import { fillDatabase } from '../test/mlflow/fixture/fillDatabase.ts';
import { newestBefore, readFixture, whatIsNew } from '../test/mlflow/fixture/whatIsNew.ts';
import { startPostgresWithDump, writeFixture } from '../test/mlflow/fixture/writeFixture.ts';

const USAGE = `npm run fixture -- --mlflow RELEASE [--upgrade-from RELEASE] [--workspaces] [--to DIRECTORY]
Makes a database with that release of MLflow, fills every table through MLflow's own stores, and leaves it as a dump with its
counts in DIRECTORY (test/fixtures). --upgrade-from: an older release fills it first, MLflow upgrades it in place, and the newer
one goes on. Says which tables, columns and JSON keys the newest fixture of an earlier release has not, and which tables are
empty. Takes Python for each release, an index of Python packages, and PostgreSQL's programs with pg_dump.`;
const RELEASE = /^\d+\.\d+\.\d+(?:rc\d+)?$/;

const { values } = parseArgs({
  options: {
    mlflow: { type: 'string' },
    'upgrade-from': { type: 'string' },
    workspaces: { type: 'boolean', default: false },
    to: { type: 'string', default: 'test/fixtures' },
    help: { type: 'boolean', default: false },
  },
});
const { mlflow, workspaces, to } = values;
const upgradeFrom = values['upgrade-from'];
if (values.help || mlflow === undefined || ![mlflow, upgradeFrom ?? mlflow].every((release) => RELEASE.test(release))) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}
const variant = `${upgradeFrom === undefined ? '' : '-upgraded'}${workspaces ? '-workspaces' : ''}`;
const name = `mlflow-${mlflow}${variant}`;

const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-fixture-'));
const server = await startPostgresWithDump(directory);
try {
  const uri = await createDatabase(server.uri, 'fixture');
  await fillDatabase(uri, { mlflow, upgradeFrom, workspaces }, (line) => process.stderr.write(`${line}\n`));
  await writeFixture(uri, server.pgDump, join(to, name));
} finally {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}

const made = await readFixture(join(to, name));
const before = await newestBefore('test/fixtures', mlflow);
process.stdout.write(`${join(to, name)}.sql.gz: revision ${made.revision}, ${made.tables.size} tables\n`);
process.stdout.write(`${[...whatIsNew(made, before)].join('\n')}\n`);
