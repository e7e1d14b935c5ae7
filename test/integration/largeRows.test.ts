import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

test('rows of several megabytes arrive beside small ones', async () => {
  const pair = await app.pair('1.30.1');
  await runSql(
    pair.postgresUri,
    `create table large (id int primary key, body text, raw bytea);
     insert into large select i, case when i % 4 = 0 then repeat(md5(i::text), 100000) else 'small' end,
       case when i % 7 = 0 then decode(repeat('00ff5c', 500000), 'hex') end from generate_series(1, 29) i`,
  );
  const { code, report } = await app.migrate(pair);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect((await compare(pair, { tables: ['large'] })).differences).toEqual([]);
});

test('a row over 16 MB is reported with its key and reason, and nothing else of its table is lost', async () => {
  const pair = await app.pair('1.30.1');
  await runSql(
    pair.postgresUri,
    `create table huge (id text primary key, body text);
     insert into huge select 'row-' || i, repeat('x', 100) from generate_series(1, 50) i;
     insert into huge values ('too-long', repeat('y', 17000000)), ('nearly', repeat('z', 16700000));`,
  );
  const { code, report } = await app.migrate(pair);
  expect(report.status).toBe('completed-with-errors');
  expect(code).toBe(1);
  expect(report.tables['huge']).toEqual({ total: 52, migrated: 51, unchanged: 0, errors: 1, repaired: 0 });
  expect(report.totals.errors).toBe(1);
  const errors = report.validation.findings.filter(({ severity, table }) => severity === 'error' && table === 'huge');
  expect(errors).toContainEqual(
    expect.objectContaining({ key: 'too-long', message: expect.stringMatching(/over the limit of 16777216/) }),
  );
  expect(errors.every(({ key, message }) => key === 'too-long' || /51 documents for 52 rows/.test(message))).toBe(true);
  expect(report.tables['runs']).toMatchObject({ errors: 0 });
  const { differences } = await compare(pair);
  expect(differences).toEqual([expect.objectContaining({ table: 'huge', kind: 'missing', key: 'id=too-long' })]);
  const again = await app.migrate(pair);
  expect(again.code).toBe(1);
  expect(again.report.tables['huge']).toEqual({ total: 52, migrated: 51, unchanged: 51, errors: 1, repaired: 0 });
  expect(await withTarget(pair, (db) => db.collection('huge').countDocuments())).toBe(51);
  // A comparison tells the row that cannot be carried from one that is missing, one that differs and one too many.
  await withTarget(pair, async (db) => {
    const huge = db.collection<{ _id: string; body?: string }>('huge');
    await huge.deleteOne({ _id: 'row-1' });
    await huge.updateOne({ _id: 'row-2' }, { $set: { body: 'changed' } });
    await huge.insertOne({ _id: 'row-99', body: 'new' });
  });
  const compared = await app.migrate(pair, { validateOnly: true, tables: ['huge'] });
  expect(compared.code).toBe(3);
  const lines = await (await app.request('GET', `/api/migrations/${compared.id}/differences`)).text();
  const told = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { key: string; kind: string });
  expect(Object.fromEntries(told.map(({ key, kind }) => [key, kind]))).toEqual({
    'row-1': 'missing',
    'row-2': 'differs',
    'row-99': 'extra',
    'too-long': 'refused',
  });
});

test('a row that vanished beside one that cannot be written leaves no document', async () => {
  const pair = await app.pair('1.30.1');
  await runSql(
    pair.postgresUri,
    `create table huge (id text primary key, body text);
     insert into huge select 'row-' || i, 'x' from generate_series(1, 50) i;
     insert into huge values ('too-long', repeat('y', 17000000));`,
  );
  expect((await app.migrate(pair, { tables: ['huge'] })).code).toBe(1);
  await runSql(pair.postgresUri, "delete from huge where id = 'row-7'; update huge set body = 'z' where id = 'row-8'");
  const { code, report } = await app.migrate(pair, { tables: ['huge'], catchUp: true });
  expect(report.status).toBe('completed-with-errors');
  // A row that cannot be carried is no difference that was left unrepaired.
  expect(code).toBe(1);
  const { differences } = await compare(pair, { tables: ['huge'] });
  expect(differences).toEqual([expect.objectContaining({ kind: 'missing', key: 'id=too-long' })]);
});

test('rows that stand in a document over 16 MB count as errors of their own tables', async () => {
  const pair = await app.pair('1.30.1');
  await runSql(
    pair.postgresUri,
    `insert into params (run_uuid, key, value)
     select (select min(run_uuid) from latest_metrics), 'many ' || i, repeat(md5(i::text), 15) from generate_series(1, 34000) i`,
  );
  for (const _ of ['first', 'again']) {
    const { code, report } = await app.migrate(pair, { layout: 'mlflow' });
    expect(code).toBe(1);
    expect(report.tables['runs']).toMatchObject({ errors: 1 });
    const runs = await withTarget(pair, (db) => db.collection('runs').find().toArray());
    for (const [table, field] of [
      ['params', 'params'],
      ['tags', 'tags'],
      ['latest_metrics', 'metrics'],
    ] as const) {
      const arrived = runs.reduce((sum, run) => sum + (run[field] as unknown[]).length, 0);
      const { total, migrated, errors } = report.tables[table] ?? { total: 0, migrated: 0, errors: 0 };
      expect({ table, migrated, errors }).toEqual({ table, migrated: arrived, errors: total - arrived });
      expect(errors).toBeGreaterThan(0);
    }
  }
});

test('many poisonous rows of one batch are counted, and JSON too deep for the target stays its text', async () => {
  const pair = await app.pair('1.30.1');
  const nested = `${'['.repeat(300)}${']'.repeat(300)}`;
  await runSql(
    pair.postgresUri,
    `create table mixed (id int primary key, body text, j jsonb);
     insert into mixed select i, case when i % 3 = 0 then repeat('y', 17000000) else 'ok' end, '${nested}' from generate_series(1, 7) i`,
  );
  const { code, report } = await app.migrate(pair, { tables: ['mixed'] });
  expect(code).toBe(1);
  expect(report.tables['mixed']).toEqual({ total: 7, migrated: 5, unchanged: 0, errors: 2, repaired: 0 });
  const documents = await withTarget(pair, (db) => db.collection('mixed').find().toArray());
  expect(documents.map(({ j }) => String(j).replaceAll(/\s/g, ''))).toEqual(Array.from({ length: 5 }, () => nested));
});
