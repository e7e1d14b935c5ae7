import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectOwnDigests } from '../support/ownDigest.ts';
import { compare, runSql, TestApp } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** A source of a release that is large enough for a proof to be taken up. */
async function largePair(release: Parameters<TestApp['pair']>[0]): Promise<Pair> {
  const pair = await app.pair(release);
  await runSql(
    pair.postgresUri,
    `insert into params (key, value, run_uuid) select 'many ' || n, n::text, run_uuid
       from (select run_uuid from runs limit 1) r, generate_series(1, 100000) n`,
  );
  return pair;
}

type Pair = Awaited<ReturnType<TestApp['pair']>>;

/** Does something to the target. */
async function inTarget<T>(pair: Pair, work: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> {
  const client = new MongoClient(pair.mongodbUri);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}

/** The proof that the target holds, null where there is none. */
async function proofOf(pair: Pair): Promise<unknown> {
  const marker = await inTarget(pair, (db) =>
    db.collection<{ _id: string; owners: { proof?: string }[] }>('_migration').findOne({ _id: 'alembic_version' }),
  );
  const text = marker?.owners[0]?.proof;
  return text === undefined ? null : JSON.parse(text);
}

test('a catch-up goes on from the proof of the run before, and says what it took from it', async () => {
  const pair = await largePair('3.17.2');
  const first = await app.migrate(pair);
  expect(first.report.compared?.earlier).toBeUndefined();
  expect(await proofOf(pair)).toMatchObject({ version: 1, migration: first.report.id });
  await runSql(
    pair.postgresUri,
    `insert into params (key, value, run_uuid) select 'added later', 'v', run_uuid from runs limit 5;
     update runs set name = name || ' changed' where ctid in (select ctid from runs limit 3);
     delete from tags where ctid in (select ctid from tags limit 7);`,
  );
  const caughtUp = await app.migrate(pair, { catchUp: true });
  await expectOwnDigests(pair, caughtUp);
  expect(caughtUp.report.deleted['tags']?.count).toBe(7);
  // Nobody tells of this one, and so nobody looks.
  await inTarget(pair, (db) =>
    db.collection('params').updateOne({ key: { $ne: 'added later' } }, { $set: { value: 'x' } }),
  );
  for (const { code, report } of [caughtUp, await app.migrate(pair, { catchUp: true })]) {
    expect(code).toBe(0);
    expect(report.compared?.earlier).toMatchObject({ from: first.report.compared?.from });
    expect(report.verdict.instantLines[1]).toContain('mlflow-migrate validate compares all again');
    expect(report.totals.migrated).toBe(report.totals.total);
  }
  const { differences } = await compare(pair);
  expect(differences).toHaveLength(1);
  // A comparison of all rows finds it, and as what was proven is not true any more, nothing is taken from it again.
  expect((await app.migrate(pair, { validateOnly: true })).code).not.toBe(0);
  const again = await app.migrate(pair);
  expect(again.code).toBe(0);
  expect(again.report.totals).toMatchObject({ migrated: again.report.totals.total });
  expect((await compare(pair)).differences).toEqual([]);
});

test('a document that came to the target of a quiet source since is found by the counts, and goes', async () => {
  const pair = await largePair('1.30.1');
  // As a copy that left triggers out may have it.
  const orphan = `set session_replication_role = replica; insert into tags (key, value, run_uuid) values ('k', 'v', 'no run')`;
  await runSql(pair.postgresUri, orphan);
  const notesOf = ({ report }: Awaited<ReturnType<TestApp['migrate']>>) =>
    report.validation.findings.filter(({ check }) => check === 'references').map(({ message }) => message);
  const note = 'tags.run_uuid → runs: 1 value without a parent, as in the source';
  expect(notesOf(await app.migrate(pair))).toEqual([note]);
  await inTarget(pair, (db) => db.collection<{ _id: string }>('tags').insertOne({ _id: 'of nobody' }));
  const outcome = await app.migrate(pair, { catchUp: true });
  expect(outcome.code).toBe(0);
  expect(notesOf(outcome)).toEqual([note]);
  expect(outcome.report.deleted['tags']?.count).toBe(1);
  // Nobody knows whether what was deleted later was compared: never a wrong value, at most none.
  await expectOwnDigests(pair, outcome, true);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a document that was changed so that its row is not found by it stands there again at the end', async () => {
  const pair = await largePair('1.30.1');
  await app.migrate(pair);
  await inTarget(pair, (db) => db.collection('tags').updateOne({}, { $set: { key: 'of nobody' } }));
  await runSql(pair.postgresUri, 'delete from tags where ctid in (select ctid from tags order by ctid desc limit 1)');
  const outcome = await app.migrate(pair, { catchUp: true });
  const { code, report } = outcome;
  const { differences } = await compare(pair);
  // Nobody knows whether what was deleted later was compared: never a wrong value, at most none.
  await expectOwnDigests(pair, outcome, true);
  expect({ code, differences, deleted: report.deleted['tags']?.count }).toEqual({
    code: 0,
    differences: [],
    deleted: 2,
  });
});

test('a run over what was proven leaves the copy out, and mends what is not as it was left', async () => {
  const pair = await largePair('2.22.5');
  const first = await app.migrate(pair);
  expect(first.code).toBe(0);
  const quiet = await app.migrate(pair);
  expect(quiet.code).toBe(0);
  expect(quiet.report.seconds.copy).toBe(0);
  // A rate is that of what was copied: none where nothing was.
  const { totals, seconds } = first.report;
  expect(first.status.rowsPerSecond / (totals.migrated / seconds.copy)).toBeCloseTo(1, 1);
  expect(quiet.status.rowsPerSecond).toBe(0);
  expect(quiet.report.compared?.earlier).toBeUndefined();
  for (const { unchanged, total } of Object.values(quiet.report.tables)) expect(unchanged).toBe(total);
  await inTarget(pair, async (db) => {
    await db.collection('params').deleteOne({});
    await db.collection('tags').updateOne({}, { $set: { value: 'x' } });
    await db.collection('runs').dropIndexes();
  });
  const { code, report } = await app.migrate(pair);
  expect(code).toBe(0);
  expect(report.tables['params']?.repaired).toBe(1);
  expect(report.tables['tags']?.repaired).toBe(1);
  expect((await compare(pair)).differences).toEqual([]);
});

test('where the tables, the collections or what was asked for are others than were proven, all rows are compared', async () => {
  const pair = await largePair('1.30.1');
  expect((await app.migrate(pair)).code).toBe(0);
  const isTakenUp = async (more = {}) => {
    const { code, report } = await app.migrate(pair, { catchUp: true, ...more });
    expect(code).toBe(0);
    return report.compared?.earlier !== undefined;
  };
  expect(await isTakenUp()).toBe(true);
  expect(await isTakenUp({ tables: ['params', 'runs', 'experiments'] })).toBe(false);
  // Of a part nothing is said of the whole: what was proven of it stays.
  expect(await isTakenUp()).toBe(true);
  await runSql(pair.postgresUri, 'alter table params add column note text');
  expect(await isTakenUp()).toBe(false);
  expect(await isTakenUp()).toBe(true);
  await inTarget(pair, (db) => db.collection('metrics').drop());
  await inTarget(pair, (db) => db.createCollection('metrics'));
  expect(await isTakenUp()).toBe(false);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a follower that is cancelled between two passes leaves a proof to go on from, and one in a pass that was broken off none', async () => {
  const pair = await largePair('1.30.1');
  const catchUp = async () => {
    const { code, report } = await app.migrate(pair, { catchUp: true });
    expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(code).toBe(0);
    return report;
  };
  const followed = async () => {
    const id = await app.begin(pair, { follow: 1 });
    await app.until(id, ({ phase }) => phase === 'follow');
    await runSql(
      pair.postgresUri,
      `insert into params (key, value, run_uuid) select 'added ' || clock_timestamp(), 'v', run_uuid from runs limit 5;
       delete from tags where ctid in (select ctid from tags limit 7);`,
    );
    const passes = (await app.status(id)).follow?.passes ?? 0;
    await app.until(id, ({ follow }) => (follow?.passes ?? 0) >= passes + 2);
    return id;
  };
  const id = await followed();
  await app.request('POST', `/api/migrations/${id}/cancel`);
  await app.end(id);
  expect(await proofOf(pair)).toMatchObject({ migration: id });
  expect((await catchUp()).compared?.earlier).toBeDefined();

  const broken = await followed();
  await using locked = await lockTable(pair.postgresUri, 'params');
  // A pass over a source that stands still reads no table.
  await runSql(
    pair.postgresUri,
    `update runs set name = name || ' again' where ctid in (select ctid from runs limit 1)`,
  );
  const { follow } = await app.status(broken);
  await app.until(broken, (status) => (status.follow?.lagSeconds ?? 0) > (follow?.lagSeconds ?? 0) + 3);
  await app.request('POST', `/api/migrations/${broken}/cancel`);
  await app.end(broken);
  await locked.release();
  expect(await proofOf(pair)).toBeNull();
  expect((await catchUp()).compared?.earlier).toBeUndefined();
  expect((await compare(pair)).differences).toEqual([]);
});

/** Keeps everybody from reading a table, so that a pass does not end. */
async function lockTable(uri: string, table: string) {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  await client.query(`begin; lock table ${table} in access exclusive mode`);
  return { release: () => client.query('commit'), [Symbol.asyncDispose]: () => client.end() };
}
