import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeCollation } from '../support/changeCollation.ts';
import { runSql, TestApp } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

test.each([[['params']], [['runs', 'params']]])(
  'rows that an index in the wrong order hides are missed by no word: %s',
  async (tables) => {
    const pair = await app.pair('1.30.1');
    await runSql(
      pair.postgresUri,
      `insert into runs (run_uuid, experiment_id, name, status, lifecycle_stage)
         select case when i % 2 = 0 then 'a' else 'B' end || i, 0, 'r', 'RUNNING', 'active' from generate_series(1, 4000) i;
       insert into params (run_uuid, key, value)
         select case when i % 2 = 0 then 'a' else 'B' end || i, case when j % 2 = 0 then 'k' else 'K' end || j, 'v'
           from generate_series(1, 4000) i, generate_series(1, 4) j;
       analyze; ${tables.map(changeCollation).join(';')}`,
    );
    const { report, code } = await app.migrate(pair, { layout: 'mlflow' });
    expect(code).not.toBe(0);
    expect(report.validation.counts).toBe('failed');
    expect(report.consistentAt).toBeNull();
    const messages = report.validation.findings
      .filter(({ severity, check }) => severity === 'error' && check === 'counts')
      .map(({ table, message }) => `${table}: ${message}`);
    for (const [table, index] of [
      ['params', 'param_pk'],
      ['runs', 'run_pk'],
    ] as const) {
      if (!tables.includes(table)) continue;
      const { total, migrated } = report.tables[table] ?? { total: 0, migrated: 0 };
      expect(migrated).toBeLessThan(total);
      expect(messages).toContainEqual(
        expect.stringMatching(new RegExp(`^${table}: Of .* rows that the source counts`)),
      );
      expect(messages).toContainEqual(expect.stringContaining(`Run REINDEX INDEX "public"."${index}"`));
    }
  },
);
