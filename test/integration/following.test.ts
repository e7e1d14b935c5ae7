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

const writeMore = `
  insert into params (key, value, run_uuid) select 'later', clock_timestamp()::text, run_uuid from runs limit 5 on conflict do nothing;
  update params set value = clock_timestamp()::text where ctid in (select ctid from params limit 3);
  delete from tags where ctid in (select ctid from tags limit 2);`;

/** A session that has written and not committed. */
async function openWriter(uri: string) {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  await client.query('begin');
  await client.query("update params set value = 'open' where ctid in (select ctid from params limit 1)");
  return {
    commit: () => client.query('commit'),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

test.each(['tables', 'mlflow'] as const)(
  'a run that follows its source brings over what changes, and ends proven with the cut-over (%s)',
  async (layout) => {
    const pair = await app.pair('3.17.2');
    // What the other layout holds, the migration's own proof tells.
    const expectEqual = async () => {
      if (layout === 'tables') expect((await compare(pair)).differences).toEqual([]);
    };
    const id = await app.begin(pair, { layout, follow: 1 });
    const first = await app.until(id, ({ phase, follow }) => phase === 'follow' && (follow?.passes ?? 0) >= 1);
    expect(first.status).toBe('running');
    await runSql(pair.postgresUri, writeMore);
    await app.until(id, ({ follow }) => (follow?.rows ?? 0) >= 5);
    if (layout === 'tables') await app.kill();
    await runSql(pair.postgresUri, writeMore);
    if (layout === 'tables') await app.up();
    const before = await app.status(id);
    await app.until(id, ({ follow }) => (follow?.passes ?? 0) >= (before.follow?.passes ?? 0) + 2);
    await expectEqual();
    await runSql(pair.postgresUri, writeMore);
    // A session that has written keeps the cut-over from its end.
    await using writer = await openWriter(pair.postgresUri);
    const asked = Date.now();
    expect((await app.request('POST', `/api/migrations/${id}/cutover`)).status).toBe(202);
    const { follow } = await app.until(id, (status) => status.follow?.held !== undefined);
    expect(follow?.held?.writers).toBe(1);
    await writer.commit();
    const outcome = await app.end(id);
    const { code, report } = outcome;
    expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(code).toBe(0);
    expect(Date.parse(report.consistentAt ?? '')).toBeGreaterThan(asked - 1_000);
    expect(report.verdict.instantLines[1]).toMatch(/^Cut over: from 20.* no row changed, and no session held a lock/);
    await expectEqual();
    await expectOwnDigests(pair, outcome, layout === 'tables');
  },
);

test('a cut-over of a run that ends by itself is refused', async () => {
  const pair = await app.pair('1.30.1');
  const id = await app.begin(pair);
  const answer = await app.request('POST', `/api/migrations/${id}/cutover`);
  expect(answer.status).toBe(409);
  const { error } = (await answer.json()) as { error: { message: string; hint: string } };
  expect(error.message).toBe(`Migration ${id} does not follow its source: it ends by itself`);
  expect((await app.end(id)).code).toBe(0);
});
