import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digests, type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** A run and its datasets: a profile of so many bytes each. */
const runWith = (run: string, profiles: readonly number[]) => `
  insert into runs (run_uuid, experiment_id, name, status, lifecycle_stage) values ('${run}', 0, '${run}', 'FINISHED', 'active');
  ${profiles
    .map(
      (bytes, index) => `
  insert into datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile)
    values ('${run}-${index}', 0, 'data ${index}', '${run}', 's3', '{}', '{"a": 1}', repeat('${index % 10}', ${bytes}));
  insert into inputs (input_uuid, source_type, source_id, destination_type, destination_id)
    values ('${run}-${index}', 'DATASET', '${run}-${index}', 'RUN', '${run}');
  insert into input_tags (input_uuid, name, value) values ('${run}-${index}', 'mlflow.data.context', 'training');`,
    )
    .join('')}`;

const MEGABYTES = 1_000_000;

async function runOf(pair: Pair, id: string): Promise<Document> {
  const run = await withTarget(pair, (db) => db.collection<Document & { _id: string }>('runs').findOne({ _id: id }));
  return run as Document;
}

/** Of each dataset of a run its name, and how long its profile is, null where there is none. */
const profilesOf = (run: Document) =>
  (run['inputs'].datasets as Document[]).map(({ dataset }) => [dataset['name'], dataset['profile']?.length ?? null]);

const errorsOf = ({ report }: Outcome) =>
  report.validation.findings.filter(({ severity, table }) => severity === 'error' && table === 'runs');

describe('runs whose datasets have more than 16 MB of profiles', () => {
  let pair: Pair;
  let outcome: Outcome;

  beforeAll(async () => {
    pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      runWith('fits', [7 * MEGABYTES, 7 * MEGABYTES]) +
        runWith('together', [3 * MEGABYTES, 6 * MEGABYTES, 4 * MEGABYTES, 5 * MEGABYTES]) +
        runWith('alone', [1_000, 17 * MEGABYTES]) +
        runWith(
          'many',
          Array.from({ length: 12 }, () => 12 * MEGABYTES),
        ),
    );
    outcome = await app.migrate(pair, { layout: 'mlflow' });
  });

  test('arrive, without the largest of them', async () => {
    expect(profilesOf(await runOf(pair, 'fits'))).toEqual([
      ['data 0', 7 * MEGABYTES],
      ['data 1', 7 * MEGABYTES],
    ]);
    const together = await runOf(pair, 'together');
    expect(profilesOf(together)).toEqual([
      ['data 0', 3 * MEGABYTES],
      ['data 1', null],
      ['data 2', 4 * MEGABYTES],
      ['data 3', 5 * MEGABYTES],
    ]);
    expect(together['inputs'].datasets[1]).toEqual({
      dataset: {
        name: 'data 1',
        digest: 'together',
        source_type: 's3',
        source: '{}',
        schema: '{"a": 1}',
        profile: null,
      },
      tags: [{ k: 'mlflow.data.context', v: 'training' }],
    });
    expect(profilesOf(await runOf(pair, 'alone'))).toEqual([
      ['data 0', 1_000],
      ['data 1', null],
    ]);
    const many = profilesOf(await runOf(pair, 'many'));
    expect(many.filter(([, length]) => length !== null)).toHaveLength(1);
  });

  test('are told with field and size, and no row of theirs counts as lost', () => {
    const errors = errorsOf(outcome);
    expect(errors.map(({ key }) => key).sort()).toEqual(['alone', 'many', 'together']);
    const of = (run: string) => errors.find(({ key }) => key === run);
    expect(of('together')).toMatchObject({ check: 'content', field: 'inputs.datasets.1.dataset.profile' });
    expect(of('together')?.message).toContain('6,000,000 bytes are left out');
    expect(of('alone')?.message).toContain('17,000,000 bytes are left out');
    expect(of('many')?.message).toMatch(/12,000,000 bytes are left out.*; and 1 more$/);
    for (const table of ['runs', 'inputs', 'input_tags']) {
      expect(outcome.report.tables[table], table).toMatchObject({ errors: 0 });
    }
    expect(outcome.report.verdict.details.join(' ')).toContain('but for values that were left out of 3 documents.');
    expect(outcome.report.status).toBe('completed-with-errors');
    expect(outcome.code).not.toBe(0);
    expect(outcome.report.consistentAt).toBeNull();
  });

  test('keep their profiles in the collection datasets, but for one that no document holds', async () => {
    const lengths = await withTarget(pair, (db) =>
      db
        .collection('datasets')
        .aggregate([
          { $match: { digest: 'together' } },
          { $sort: { name: 1 } },
          { $project: { n: { $strLenBytes: '$dataset_profile' } } },
        ])
        .toArray(),
    );
    expect(lengths.map(({ n }) => n)).toEqual([3, 6, 4, 5].map((count) => count * MEGABYTES));
    expect(outcome.report.tables['datasets']).toMatchObject({ errors: 1 });
  });

  test('are the same after a second migration, and no difference to repair', async () => {
    const before = await digests(pair);
    const again = await app.migrate(pair, { layout: 'mlflow' });
    expect(again.report.tables['runs']).toMatchObject({ errors: 0, repaired: 0 });
    expect(
      errorsOf(again)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['alone', 'many', 'together']);
    expect(await digests(pair)).toEqual(before);
    const compared = await app.migrate(pair, { layout: 'mlflow', validateOnly: true, tables: ['runs'] });
    expect(
      errorsOf(compared)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['alone', 'many', 'together']);
  });
});

test.runIf(process.platform === 'linux')(
  'a run with far more profiles than a document holds takes no more memory than others',
  async () => {
    await using own = await TestApp.start();
    const pair = await own.pair('3.17.2');
    const profiles = Array.from({ length: 60 }, () => 12 * MEGABYTES);
    await runSql(pair.postgresUri, runWith('many', profiles));
    await own.migrate(pair, { layout: 'mlflow', tables: ['runs'] });
    const many = profilesOf(await runOf(pair, 'many'));
    expect(many).toHaveLength(profiles.length);
    expect(many.filter(([, length]) => length !== null)).toHaveLength(1);
    expect(own.peakMegabytes()).toBeLessThan(512);
  },
);
