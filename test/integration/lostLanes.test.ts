import { afterEach, expect, test } from 'vitest';
import { compare, TestApp } from '../support/runMigration.ts';
import { buildVariant, type Edit } from '../support/variantApp.ts';

const before = process.env['MLFLOW_MIGRATE_APP'];
afterEach(() => {
  if (before === undefined) delete process.env['MLFLOW_MIGRATE_APP'];
  else process.env['MLFLOW_MIGRATE_APP'] = before;
});

/** A whole migration by an app that differs so. */
async function migrateWith(edits: readonly Edit[]) {
  await using variant = await buildVariant(edits);
  process.env['MLFLOW_MIGRATE_APP'] = variant.directory;
  await using app = await TestApp.start();
  const pair = await app.pair('3.17.2');
  const outcome = await app.migrate(pair);
  const { differences } = await compare(pair);
  return { ...outcome, differences, log: app.log.join('\n') };
}

test('a lane that the runtime fails, as its replay did not fit, costs nothing but time, and log and report tell of it', async () => {
  const { code, report, differences, log } = await migrateWith([
    {
      file: 'src/orchestrators/runLane.ts',
      from: 'const stallMs =',
      to: `if (kind === 'copy' && input.items.some(({ unit, lost }) => unit === 0 && lost === undefined)) {
        throw new Error('Non-Deterministic workflow detected: hunter2');
      }
      const stallMs =`,
    },
  ]);
  expect({ code, problems: report.problems, differences }).toEqual({ code: 0, problems: [], differences: [] });
  for (const [table, totals] of Object.entries(report.tables))
    expect(totals, table).toMatchObject({ migrated: totals.total, errors: 0 });
  const notes = report.validation.findings.filter(({ message }) => message.includes('begun again'));
  expect(notes.length).toBeGreaterThan(0);
  expect(notes.every(({ severity }) => severity === 'note')).toBe(true);
  expect(new Set(notes.map(({ table }) => table)).size).toBe(notes.length);
  expect(log).toMatch(/"activity":"copyUnit".*"unit":0,"lost":1,"lostHow":"diverged"/);
});

test('a unit that never answers fails its own tables, with the reason; every other table arrives', async () => {
  const { code, report, status, differences } = await migrateWith([
    {
      file: 'src/activities/copyUnit.ts',
      from: 'answering(services, UnitMessage, onPlan(copyUnit), { summary: unitSummary })',
      to: `(input, context) => {
        if (input.unit === 0 && input.isGivenUp !== true) throw new Error('boom hunter2');
        return answering(services, UnitMessage, onPlan(copyUnit), { summary: unitSummary })(input, context);
      }`,
    },
  ]);
  expect(report.problems).toEqual([]);
  expect({ code, status: report.status }).toEqual({ code: 1, status: 'completed-with-errors' });
  const failures = report.validation.findings.filter(({ message }) => /begun 3 times/.test(message));
  const lost = new Set(failures.map(({ table }) => table));
  expect(lost.size).toBeGreaterThan(0);
  expect(JSON.stringify(report)).not.toContain('hunter2');
  const arrived = Object.entries(report.tables).filter(([, { total, migrated }]) => total > 0 && migrated === total);
  expect(arrived.length).toBeGreaterThan(10);
  expect(arrived.map(([table]) => table).filter((table) => lost.has(table))).toEqual([]);
  expect(differences.every(({ table }) => !arrived.some(([name]) => name === table))).toBe(true);
  expect(status.percent).toBeGreaterThan(0);
});
