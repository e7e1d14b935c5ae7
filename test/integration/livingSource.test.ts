import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare, runSql, TestApp } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

test('catching up brings rows that were added, changed and deleted, and says up to when', async () => {
  const pair = await app.pair('3.17.2');
  expect((await app.migrate(pair)).code).toBe(0);
  await runSql(
    pair.postgresUri,
    `insert into params (key, value, run_uuid) select 'added later', 'v', run_uuid from runs limit 5;
     update params set value = value || ' changed' where key <> 'added later' and ctid in (select ctid from params limit 3);
     delete from tags where ctid in (select ctid from tags limit 7);
     delete from experiment_tags where ctid in (select ctid from experiment_tags limit 2);
     insert into experiment_tags (key, value, experiment_id) select 'added later', null, experiment_id from experiments limit 2;`,
  );
  const before = Date.now();
  const { code, report } = await app.migrate(pair, { catchUp: true });
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(Date.parse(report.consistentAt ?? '')).toBeGreaterThan(before - 5_000);
  const { from, to } = report.compared ?? { from: '', to: '' };
  const order = [report.startedAt, from, to, report.finishedAt];
  expect(order).toEqual(order.toSorted());
  expect(report.verdict.instantLines[0]).toContain('; its documents were compared from 20');
  expect(report.seconds.copy).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a source that is written to while it is migrated ends consistent, and one more pass makes it equal', async () => {
  const pair = await app.pair('2.22.5');
  let isWriting = true;
  let written = 0;
  const writer = (async () => {
    for (; isWriting; written++) {
      await runSql(
        pair.postgresUri,
        `insert into runs (run_uuid, name, experiment_id, status, lifecycle_stage)
           select md5('live ${written}'), 'live', min(experiment_id), 'RUNNING', 'active' from experiments;
         insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
           select 'm', g, g, md5('live ${written}'), g, false from generate_series(1, 5) g;
         delete from tags where ctid in (select ctid from tags limit 1);`,
      );
    }
  })();
  const during = await app.migrate(pair);
  isWriting = false;
  await writer;
  expect(written).toBeGreaterThan(3);
  expect(during.report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(during.code).toBe(0);
  expect((await app.migrate(pair, { catchUp: true })).code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('catching up on a target that no migration has filled is refused', async () => {
  const pair = await app.pair('1.30.1');
  const { code, report } = await app.migrate(pair, { catchUp: true });
  expect(code).toBe(2);
  expect(report.problems[0]?.message).toMatch(/holds no migration/);
});
