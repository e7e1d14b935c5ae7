import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { createConnectionResolver } from '../src/config/resolveConnection.ts';
import type { SourceRef, TargetRef } from '../src/contract/migrationRequest.ts';
import type { SourceSchema } from '../src/contract/sourceSchema.ts';
import type { DocumentBatch } from '../src/encoding/documentBatch.ts';
import { buildLayout } from '../src/mlflow/layouts/buildLayout.ts';
import type { CollectionDefinition, LayoutDefinition } from '../src/mlflow/layouts/layout.ts';
import { Connections } from '../src/runtime/connections.ts';
import { introspect } from '../src/source/introspect.ts';
import { readDocuments } from '../src/source/readDocuments.ts';
import type { SourceDatabase } from '../src/source/sourceDatabase.ts';
import type { TargetDatabase } from '../src/target/targetDatabase.ts';

/** The best of the batch sizes and concurrencies tried: measured for this data in `results/`, method in README.md. */
const BATCH_LIMITS = { maxRows: 5_000, maxBytes: 3 * 1024 * 1024, maxDocumentBytes: 16 * 1024 * 1024 };
const BATCHES_IN_FLIGHT = 2;
const WHOLE_TABLE = { lower: null, upper: null };

const SOURCE: SourceRef = { kind: 'secret', secret: 'POSTGRES_URI', schema: null };
const TARGET: TargetRef = { kind: 'secret', secret: 'MONGODB_URI', database: null };

/** A source with its catalog, and what of it a layout carries. */
export interface LimitSource {
  readonly uri: string;
  readonly schema: SourceSchema;
  readonly layout: LayoutDefinition;
}

/** Reads the catalog. */
export async function lookAtSource(uri: string, layout: 'tables' | 'mlflow'): Promise<LimitSource> {
  return withEnds({ POSTGRES_URI: uri }, async (connections) => {
    const { schema } = await connections.useSource(SOURCE, (source) =>
      source.read((client) => introspect(client, null)),
    );
    return { uri, schema, layout: buildLayout(schema, { layout, tables: null, workspace: null, pointIds: 2 }) };
  });
}

/** The speed at which PostgreSQL gives rows away: COPY of every table, one after the other, to nowhere. */
export async function copyToNowhere({ uri, schema }: LimitSource): Promise<{ seconds: number; rows: number }> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    const begun = performance.now();
    let rows = 0;
    for (const { name } of schema.tables) {
      const table = `${pg.escapeIdentifier(schema.schema)}.${pg.escapeIdentifier(name)}`;
      const stream = client.query(copyTo(`copy ${table} to stdout (format binary)`));
      await pipeline(stream, nowhere());
      rows += stream.rowCount ?? 0;
    }
    return { seconds: (performance.now() - begun) / 1000, rows };
  } finally {
    await client.end();
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/**
 * The speed at which MongoDB takes documents: the layout's own, made beforehand, into collections without secondary
 * indexes. Only the inserting is timed. `isGradual` makes them collection by collection, for more than memory holds.
 */
export async function insertFromMemory(
  { uri, layout }: LimitSource,
  mongodbUri: string,
  isGradual: boolean,
): Promise<{ seconds: number; documents: number }> {
  return withEnds({ POSTGRES_URI: uri, MONGODB_URI: mongodbUri }, async (connections) => {
    return await connections.use({ source: SOURCE, target: TARGET }, null, async ({ source, target }) => {
      await target.db.command({ ping: 1 });
      const total = { seconds: 0, documents: 0 };
      const portions = isGradual ? layout.collections.map((definition) => [definition]) : [layout.collections];
      for (const definitions of portions) {
        const prepared = await Promise.all(definitions.map((definition) => prepare(source, definition)));
        const begun = performance.now();
        for (const { collection, batches } of prepared) await insertAll(target, collection, batches);
        total.seconds += (performance.now() - begun) / 1000;
        for (const { batches } of prepared) for (const batch of batches) total.documents += batch.ends.length;
      }
      return total;
    });
  });
}

interface Prepared {
  readonly collection: string;
  readonly batches: readonly DocumentBatch[];
}

async function prepare(source: SourceDatabase, definition: CollectionDefinition): Promise<Prepared> {
  const batches: DocumentBatch[] = [];
  for await (const batch of readDocuments(source, definition, WHOLE_TABLE, BATCH_LIMITS)) {
    for (const { reason } of batch.rejected ?? []) {
      throw new Error(`${definition.table} has a row that is no document: ${reason}`);
    }
    // Its buffer has room to spare, which the program hands back at once and which would add up here.
    batches.push({ ...batch, bytes: Buffer.from(batch.bytes) });
  }
  return { collection: definition.collection, batches };
}

async function insertAll(target: TargetDatabase, collection: string, batches: readonly DocumentBatch[]): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const refused = await target.insert(collection, batch, null);
      if (refused.length > 0) throw new Error(`${collection} refused ${refused.length} documents`);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, lane));
}

async function withEnds<T>(
  settings: Readonly<Record<string, string>>,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  const connections = new Connections(createConnectionResolver(settings));
  try {
    return await work(connections);
  } finally {
    await connections.close();
  }
}
