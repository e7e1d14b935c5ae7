import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Difference } from '../../src/contract/difference.ts';
import { expectOwnDigests, ownDigest } from '../support/ownDigest.ts';
import { runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** Rows that are added to the fixture's: more than a range or a check lists. */
const ROWS = 130;
const STRANGERS = 25;

test('differences that are not listed are counted, and a dry run tells what would be inserted, replaced and deleted', async () => {
  const pair = await app.pair('1.30.1');
  const run = '(select min(run_uuid) from runs)';
  await runSql(
    pair.postgresUri,
    `insert into params (key, value, run_uuid) select 'many' || g, 'v', ${run} from generate_series(1, ${ROWS}) g;
     insert into tags (key, value, run_uuid) select 'many' || g, 'v', ${run} from generate_series(1, ${ROWS}) g`,
  );
  const first = await app.migrate(pair);
  expect(first.code).toBe(0);
  await expectOwnDigests(pair, first);
  await runSql(pair.postgresUri, "update params set value = 'another' where key like 'many%'");
  const strangers = Array.from({ length: STRANGERS }, (_unused, place) => ({ _id: `stranger ${place}` }));
  await withTarget(pair, async (db) => {
    expect((await db.collection('tags').deleteMany({ key: /^many/ })).deletedCount).toBe(ROWS);
    await db.collection<{ _id: string }>('experiment_tags').insertMany(strangers);
  });

  const { id, code, report } = await app.migrate(pair, { validateOnly: true });
  expect(code).toBe(3);
  const listed = report.validation.findings.filter(({ severity }) => severity === 'error');
  const of = (table: string) => listed.filter((finding) => finding.table === table && finding.key !== undefined).length;
  expect([of('params'), of('tags'), of('experiment_tags')]).toEqual([50, 50, 20]);
  const omitted = 2 * (ROWS - 50) + STRANGERS - 20;
  expect(report.findingsOmitted).toBe(omitted);
  expect(report.verdict.headline).toBe(`Comparison found ${listed.length + omitted} differences`);
  const kinds = async (id: string) => {
    const answer = await app.request('GET', `/api/migrations/${id}/differences`);
    const lines = (await answer.text()).trimEnd().split('\n');
    const counts: Record<string, number> = {};
    for (const line of new Set(lines)) {
      const { key: _key, ...rest } = JSON.parse(line) as Difference;
      const kind = Object.values(rest).join(' ');
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(lines.length);
    return counts;
  };
  expect(await kinds(id)).toEqual({
    'params value string string differs': ROWS,
    'tags missing': ROWS,
    'experiment_tags extra': STRANGERS,
  });

  const { params, tags, experiment_tags: mixed } = report.digests ?? {};
  await withTarget(pair, async (db) => {
    const before = first.report.digests;
    for (const [name, digest] of Object.entries({ params, tags })) {
      expect(digest?.target).toBe((await ownDigest(db, name)).digest);
      expect(digest?.source).not.toBe(digest?.target);
    }
    expect(tags?.source).toBe(before?.['tags']?.source);
    expect(params?.target).toBe(before?.['params']?.target);
  });
  expect([mixed?.target, mixed?.source, mixed?.unknown]).toEqual([
    null,
    null,
    expect.stringMatching(/^it holds \d+ documents, of which \d+ were compared$/),
  ]);

  const preview = await app.migrate(pair, { migration_settings: { allow_deletes: 5 } }, 'analyses');
  expect(preview.code).toBe(0);
  expect(preview.report.findingsOmitted).toBe(0);
  expect(preview.report.wouldChange).toMatchObject({
    params: { inserted: 0, replaced: ROWS, deleted: 0 },
    tags: { inserted: ROWS, replaced: 0, deleted: 0 },
    experiment_tags: { inserted: 0, replaced: 0, deleted: STRANGERS },
    runs: { inserted: 0, replaced: 0, deleted: 0 },
  });
  expect(preview.report.validation.findings).toContainEqual(
    expect.objectContaining({
      severity: 'note',
      table: 'experiment_tags',
      message: expect.stringMatching(
        /^A migration would stop before it deletes: 25 documents .*--allow-deletes 25, or all/,
      ),
    }),
  );

  // What would be written is what is written.
  const done = await app.migrate(pair, { catchUp: true });
  expect(done.code).toBe(0);
  expect(done.report.tables['params']?.repaired).toBe(ROWS);
  expect(done.report.tables['tags']?.repaired).toBe(ROWS);
  expect(done.report.deleted['experiment_tags']?.count).toBe(STRANGERS);
  await expectOwnDigests(pair, done);
  expect(await kinds(done.id)).toEqual({
    'params value string string differs true': ROWS,
    'tags missing true': ROWS,
    'experiment_tags extra true': STRANGERS,
  });
});
