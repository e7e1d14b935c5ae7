import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { MESSAGE_VERSION } from '../../src/contract/messageVersion.ts';
import { isFinal } from '../../src/contract/migrationStatus.ts';
import { compare, runSql, TestApp } from '../support/runMigration.ts';
import { buildVariant, type Edit, type VariantApp } from '../support/variantApp.ts';

/** A release that has one more step, with a function of its own, before the target is prepared. */
const ONE_MORE_STEP: readonly Edit[] = [
  {
    file: 'src/contract/functionNames.ts',
    from: "preflight: 'preflight',",
    to: "preflight: 'preflight', weigh: 'weigh',",
  },
  {
    file: 'src/main.ts',
    from: 'df.app.activity(ACTIVITIES.preflight,',
    to: 'df.app.activity(ACTIVITIES.weigh, { handler: async () => null });\ndf.app.activity(ACTIVITIES.preflight,',
  },
  {
    file: 'src/orchestrators/migrate.ts',
    from: 'const claiming =',
    to: 'yield context.df.callActivity(ACTIVITIES.weigh, { id: migration.id });\n  const claiming =',
  },
];
const TABLES = ['params', 'runs'];
/** Rows that are copied one by one: time enough to swap releases. */
const MANY_PARAMS =
  "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 250) n";
const NEXT = MESSAGE_VERSION + 1;
/** As it should be: whoever changes the steps raises the version. */
const VERSION_RAISED: readonly Edit[] = [
  {
    file: 'src/contract/versions.ts',
    from: `message: ${MESSAGE_VERSION},`,
    to: `message: ${NEXT},`,
  },
  { file: 'host.json', from: `"defaultVersion": "${MESSAGE_VERSION}"`, to: `"defaultVersion": "${NEXT}"` },
];

const before = process.env['MLFLOW_MIGRATE_APP'];
/** Goes on with that release when the app is brought up next. */
function deploy(release: VariantApp | null): void {
  if (release !== null) process.env['MLFLOW_MIGRATE_APP'] = release.directory;
  else if (before === undefined) delete process.env['MLFLOW_MIGRATE_APP'];
  else process.env['MLFLOW_MIGRATE_APP'] = before;
}

let app: TestApp;
let newer: VariantApp;
let unversioned: VariantApp;

beforeAll(async () => {
  [newer, unversioned] = await Promise.all([
    buildVariant([...ONE_MORE_STEP, ...VERSION_RAISED]),
    buildVariant(ONE_MORE_STEP),
  ]);
  app = await TestApp.start();
});
afterEach(() => deploy(null));
afterAll(async () => {
  deploy(null);
  await app[Symbol.asyncDispose]();
  await newer[Symbol.asyncDispose]();
  await unversioned[Symbol.asyncDispose]();
});

/** Begins a migration on one release and stops the app in the middle of its copy, for another release to go on. */
async function swapInTheCopy(from: VariantApp | null, to: VariantApp | null, how: 'down' | 'kill') {
  deploy(from);
  await app.down();
  await app.up();
  const pair = await app.pair('3.17.2');
  await runSql(pair.postgresUri, MANY_PARAMS);
  const body = { tables: TABLES, migration_settings: { batch_size: 1, parallel: 1 } };
  const id = await app.begin(pair, body);
  const percents: number[] = [];
  await app.until(id, ({ phase, percent }) => percents.push(percent) > 0 && phase === 'copy');
  await app[how]();
  deploy(to);
  await app.up();
  return { pair, id, body, percents };
}

test.each([
  ['an older release, a newer one that has another step', () => [null, newer], 'down'],
  ['a release, one with another step and the same version', () => [null, unversioned], 'kill'],
  ['a release with another step, one without it and the same version', () => [unversioned, null], 'kill'],
] as const)('what was begun by %s goes on with', async (_what, releases, how) => {
  const [from = null, to = null] = releases();
  const { pair, id, percents } = await swapInTheCopy(from, to, how);
  await app.until(id, ({ status, percent }) => percents.push(percent) > 0 && isFinal(status));
  expect(percents, 'what is begun again is no step back').toEqual(percents.toSorted((a, b) => a - b));
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([]);
  expect(app.log.some((line) => line.includes('begun-again') && line.includes(id))).toBe(true);
  expect({ code, status: report.status }).toEqual({ code: 0, status: 'completed' });
  for (const [table, totals] of Object.entries(report.tables))
    expect(totals, table).toMatchObject({ migrated: totals.total, errors: 0 });
  expect((await compare(pair, { tables: TABLES })).differences).toEqual([]);
});

test('what was begun by a newer release ends with the reason and a report, and goes on when it is started again', async () => {
  const { pair, id, body } = await swapInTheCopy(newer, null, 'down');
  const { report, status } = await app.end(id);
  expect(report.status).toBe('failed');
  expect(report.problems).toMatchObject([{ kind: 'config', message: expect.stringContaining(`messages ${NEXT}`) }]);
  expect(status.failures).toMatchObject([{ kind: 'config' }]);
  // The generation that it was in knew of no plan and no claim: storage does.
  expect(report.totals.total).toBeGreaterThan(250);
  expect(report.verdict.details.join(' ')).toMatch(
    /In the target, counted there after it ended: .*What was written stays/,
  );
  const again = await app.end(await app.begin(pair, { ...body, name: id }));
  expect(again.report.problems).toEqual([]);
  expect(again.code).toBe(0);
  expect((await compare(pair, { tables: TABLES })).differences).toEqual([]);
});
