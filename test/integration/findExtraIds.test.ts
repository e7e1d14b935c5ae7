import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { MongoClient } from 'mongodb';
import { expect, inject, test } from 'vitest';
import { buildLayout } from '../../src/mlflow/layouts/buildLayout.ts';
import { introspect } from '../../src/source/introspect.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { DocumentAccess } from '../../src/target/documentAccess.ts';
import { RateLimiter } from '../../src/target/rateLimiter.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import { findExtraIds } from '../../src/validation/findExtraIds.ts';
import { freshSource } from '../support/databases.ts';
import { runSql } from '../support/runMigration.ts';

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
    for (const mostHeld of [40, 1_000_000]) {
      const found = await findExtraIds(source, access, definition, limits, ids.length, mostHeld);
      expect(found.toSorted(), `${mostHeld} at once`).toEqual(extras.toSorted());
    }
  } finally {
    await client.db(database).dropDatabase();
    await Promise.all([client.close(), target.close(), source.close()]);
    await fresh.drop();
  }
});
