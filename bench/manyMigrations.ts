/**
 * Migrations at once in one process: the most memory that the process had, and how long they took.
 *
 *   node bench/manyMigrations.ts [--count 6] [--scale 1] [--layout tables] [--wide] [--plain]
 *
 * `--wide` adds rows of some kilobytes. `--plain` leaves out the limits of the heap that the command sets, as the Functions worker has none either.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { removeStackDirectory, startStack } from '@mlflow-migrate/dev-servers';
import { cloneDatabase, createDatabase, dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { forkHost } from '@mlflow-migrate/functions-host';
import pg from 'pg';
import { seedScale } from './seedScale.ts';

/** As src/cli/app/startLocalApp.ts starts its host. */
const HEAP_FLAGS = ['--max-old-space-size=384', '--max-semi-space-size=32', '--heap-growing-percent=300'];
const POLL_MS = 200;
/** 20,000 tags of 5,000 bytes. */
const WIDE_ROWS = `insert into tags (run_uuid, key, value)
  select run_uuid, 'wide' || n, repeat(md5(run_uuid || n), 156)
  from (select run_uuid from runs order by 1 limit 1000) r, generate_series(1, 20) n`;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '6' },
    scale: { type: 'string', default: '1' },
    layout: { type: 'string', default: 'tables' },
    wide: { type: 'boolean', default: false },
    plain: { type: 'boolean', default: false },
  },
});
const names = Array.from({ length: Number(values.count) }, (_unused, index) => `many_${index}`);
const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-many-'));
// PostgreSQL runs as another user where this runs as root.
await chmod(directory, 0o755);
const stack = await startStack({
  directory,
  postgres: true,
  mongodb: true,
  storage: true,
  password: randomBytes(18).toString('base64url'),
  isThrowAway: true,
  onNotice: () => undefined,
});
try {
  const [postgresUri, mongodbUri] = [stack.postgres?.uri ?? '', stack.mongodb?.uri ?? ''];
  const [first = '', ...others] = names;
  await seedScale(await createDatabase(postgresUri, first), Number(values.scale));
  if (values.wide) {
    const client = new pg.Client({ connectionString: withDatabase(postgresUri, first) });
    await client.connect();
    await client.query(WIDE_ROWS);
    await client.end();
  }
  for (const name of others) await cloneDatabase(postgresUri, first, name);
  const settings = {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    TASKHUB_NAME: 'MlflowMigrate',
    KEY_VAULT_URI: '',
    AzureWebJobsStorage: stack.storage?.connectionString ?? '',
    ...Object.fromEntries(
      names.flatMap((name) => [
        [`SOURCE_${name}`, withDatabase(postgresUri, name)],
        [`TARGET_${name}`, withDatabase(mongodbUri, name)],
      ]),
    ),
  };
  const host = await forkHost({
    appDirectory: join(import.meta.dirname, '..'),
    stateFile: join(directory, 'host.sqlite'),
    settings,
    nodeFlags: values.plain ? [] : HEAP_FLAGS,
  });
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(new URL(path, host.url), {
      method,
      headers: { 'content-type': 'application/json', 'x-functions-key': host.key },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { status: string };
  };
  const begun = performance.now();
  for (const name of names) {
    const ends = { source: { secret: `SOURCE_${name}` }, destination: { secret: `TARGET_${name}` } };
    await call('POST', '/api/migrations', { name, ...ends, layout: values.layout });
  }
  const outcomes = await Promise.all(
    names.map(async (name) => {
      for (;;) {
        const { status } = await call('GET', `/api/migrations/${name}`);
        if (!['pending', 'running'].includes(status)) return status;
        await delay(POLL_MS);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${host.pid}/status`, 'utf8'))?.[1];
  console.log(JSON.stringify({ ...values, outcomes, seconds, peakMb: Number(peak) / 1024 }));
  await host.stop();
  for (const name of names) await dropDatabase(postgresUri, name);
} finally {
  await stack.stop();
  await removeStackDirectory(directory);
}
