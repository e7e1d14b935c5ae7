import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { MongoClient } from 'mongodb';
import { expect, inject, test } from 'vitest';
import { EXTRA_SEARCH, type StoredExtraSearch } from '../../src/contract/storedExtraSearch.ts';
import { fromStored, toStored } from '../../src/contract/storedRecord.ts';
import { buildLayout } from '../../src/mlflow/layouts/buildLayout.ts';
import { introspect } from '../../src/source/introspect.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { DocumentAccess } from '../../src/target/documentAccess.ts';
import { RateLimiter } from '../../src/target/rateLimiter.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import { ExtraSearch, type SearchedCollection } from '../../src/validation/extraSearch.ts';
import { freshSource } from '../support/databases.ts';
import { runSql } from '../support/runMigration.ts';

const SIZE = { documents: 2_300, maxBuckets: 1 << 20 };

/** By steps without any time, each of which goes on in another process. */
async function findBySteps(place: SearchedCollection, maxHeld: number) {
  let stored: StoredExtraSearch | undefined;
  for (let steps = 1; ; steps++) {
    const search = new ExtraSearch(place, { ...SIZE, maxHeld, maxKept: 1_000 }, stored);
    if (await search.goOn(() => false)) {
      expect(steps).toBeGreaterThan(4);
      return { extras: search.extras.toSorted(), found: search.found };
    }
    stored = fromStored(EXTRA_SEARCH, JSON.parse(JSON.stringify(toStored(EXTRA_SEARCH, search.toStored('s')))));
  }
}

test('documents without a row are found however many ids may be held at once', async () => {
  const fresh = await freshSource('1.30.1');
  await runSql(
    fresh.uri,
    "create table things (id text primary key); insert into things select 'row-' || i from generate_series(1, 2000) i",
  );
  const source = SourceDatabase.open({ config: { connectionString: fresh.uri }, display: 's', schema: 'public' }, 2);
  const database = `extras_${Date.now()}`;
  const uri = withDatabase(inject('mongodbUri'), database);
  const target = new TargetDatabase({ uri, options: {}, database, display: 't' }, 2);
  const client = new MongoClient(uri);
  const extras = Array.from({ length: 300 }, (_unused, index) => `gone-${index}`);
  try {
    const ids = [...extras, ...Array.from({ length: 1999 }, (_unused, index) => `row-${index + 2}`)];
    await client
      .db(database)
      .collection<{ _id: string }>('things')
      .insertMany(ids.map((_id) => ({ _id })));
    const { schema } = await source.read((reader) => introspect(reader, 'public'));
    const options = { layout: 'tables', tables: ['things'], workspace: null, shardKeys: {} } as const;
    const definition = buildLayout(schema, options).collections.find(({ table }) => table === 'things');
    if (definition === undefined) throw new Error('The layout has no such table');
    const limiter = new RateLimiter({
      maxInFlight: 2,
      initialRate: Number.POSITIVE_INFINITY,
      isRateKnown: false,
    });
    const access = new DocumentAccess(target, await target.traits(), limiter, definition, { stallMs: 10_000 });
    const limits = { maxRows: 500, maxBytes: 1_000_000, maxDocumentBytes: 1_000_000 };
    const ranges = [
      { lower: null, upper: ['row-3'] },
      { lower: ['row-3'], upper: null },
    ];
    const place = { source, access, definition, limits, ranges };
    for (const maxHeld of [40, 1_000_000]) {
      const search = new ExtraSearch(place, { ...SIZE, maxHeld, maxKept: 1_000 });
      expect(await search.goOn(() => true)).toBe(true);
      expect(search.extras.toSorted(), `${maxHeld} at once`).toEqual(extras.toSorted());
      expect(await findBySteps(place, maxHeld)).toEqual({ extras: extras.toSorted(), found: extras.length });
    }
    const few = new ExtraSearch(place, { ...SIZE, maxHeld: 40, maxKept: 10 });
    await few.goOn(() => true);
    expect(few).toMatchObject({ found: extras.length, extras: { length: 10 } });
  } finally {
    await client.db(database).dropDatabase();
    await Promise.all([client.close(), target.close(), source.close()]);
    await fresh.drop();
  }
});
