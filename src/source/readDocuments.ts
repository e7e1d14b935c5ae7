import type pg from 'pg';
import type { KeyRange } from '../contract/plan.ts';
import type { DocumentBatch } from '../encoding/documentBatch.ts';
import type { RowView } from '../encoding/rowView.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { Batcher, type BatchLimits } from './batcher.ts';
import { copyRows } from './copyRows.ts';
import { rangeStatement } from './rangeStatement.ts';
import { isReadApart } from './readChildren.ts';
import { readPages } from './readPages.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const NO_CHILDREN: readonly (readonly RowView[])[] = [];

/**
 * Reads one range of a collection's rows as documents, in one snapshot, at bounded memory: rows are encoded as they come,
 * children page by page with their parents. `onSnapshot` may ask the snapshot for more, first. Nothing is read while the reader of
 * the batches is busy with one. Throws what {@link SourceDatabase.read} throws.
 */
export function readDocuments(
  source: SourceDatabase,
  definition: CollectionDefinition,
  range: KeyRange,
  limits: BatchLimits,
  onSnapshot: (client: pg.ClientBase) => Promise<void> = () => Promise.resolve(),
): AsyncGenerator<DocumentBatch, void> {
  const read = definition.children.some(isReadApart) ? readWithChildren : readRows;
  return source.stream(async function* (client) {
    await onSnapshot(client);
    yield* read(client, definition, range, new Batcher(definition, limits));
  });
}

async function* readRows(
  client: pg.ClientBase,
  definition: CollectionDefinition,
  range: KeyRange,
  batcher: Batcher,
): AsyncGenerator<DocumentBatch, void> {
  const statement = rangeStatement(definition, range, null);
  yield* copyRows(client, statement, definition.select.length, (row) => batcher.add(row, NO_CHILDREN));
  const rest = batcher.rest();
  if (rest !== null) yield rest;
}

async function* readWithChildren(
  client: pg.ClientBase,
  definition: CollectionDefinition,
  range: KeyRange,
  batcher: Batcher,
): AsyncGenerator<DocumentBatch, void> {
  for await (const { rows, family } of readPages(client, definition, range)) {
    for (const [position, row] of rows.entries()) {
      const batch = batcher.add(row, family.childrenAt(position));
      if (batch !== null) yield batch;
    }
  }
  const rest = batcher.rest();
  if (rest !== null) yield rest;
}
