import { BsonWriter, fieldName } from '../../encoding/bsonWriter.ts';
import { idKey, showKey } from '../../encoding/documentBatch.ts';
import { fieldsOf } from '../../mlflow/layouts/plugin/back/returnedFields.ts';
import type { Lookup, ReturnedDocument, Returning, RowValue } from '../../mlflow/layouts/plugin/back/returning.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { scanCollection } from '../../target/scanCollection.ts';
import type { RowPage, RowSource } from './rowSource.ts';

/** Rows of a table that a mapping makes of documents of the layout `mlflow`. */
export function returnedRows(returning: Returning, access: DocumentAccess, look: Lookup): RowSource {
  return {
    unsaid: new Set(returning.unsaid),
    onlyNew: new Set(returning.onlyNew),
    standsForNull: new Map(Object.entries(returning.standsForNull ?? {})),
    repeated: returning.repeated ?? 'no',
    pages: () => pagesOf(returning, access, look),
  };
}

async function* pagesOf(returning: Returning, access: DocumentAccess, look: Lookup): AsyncGenerator<RowPage, void> {
  const out = new BsonWriter();
  const { fields, filter } = returning;
  for await (const page of scanCollection(access, projectionOf(fields), null, filter ?? null)) {
    for (const part of partsOf(page)) {
      const { rows, faults } = await returning.rows(part.map(returnedDocument), look);
      yield { rows: [], faults };
      for (let start = 0; start < rows.length; start += PART_ROWS) {
        const some = rows.slice(start, start + PART_ROWS);
        yield { rows: some.map(({ shown, row }) => ({ shown, document: rowDocument(out, row) })), faults: [] };
      }
    }
  }
}

/** Bytes of documents that become rows at once, and rows that are compared at once: a few bytes of a document may be a row. */
const PART_BYTES = 1024 * 1024;
const PART_ROWS = 10_000;

function* partsOf(page: readonly Buffer[]): Generator<readonly Buffer[]> {
  let part: Buffer[] = [];
  let bytes = 0;
  for (const document of page) {
    if (part.length > 0 && bytes + document.length > PART_BYTES) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(document);
    bytes += document.length;
  }
  if (part.length > 0) yield part;
}

/** What is read of documents, as MongoDB takes it: `_id` comes always. */
export function projectionOf(fields: readonly string[] | null): Record<string, 1> {
  if (fields === null) return {};
  return fields.length === 0 ? { _id: 1 } : Object.fromEntries(fields.map((field) => [field, 1] as const));
}

/** A document as mappings take it. */
export function returnedDocument(document: Buffer): ReturnedDocument {
  return { shown: showKey(idKey(document)), fields: fieldsOf(document) };
}

function rowDocument(out: BsonWriter, row: Readonly<Record<string, RowValue>>): Buffer {
  out.position = 0;
  const start = out.begin();
  for (const [column, value] of Object.entries(row)) {
    const name = fieldName(column);
    if (value === null) out.null(name);
    else if (typeof value === 'string') out.string(name, value);
    else if (typeof value === 'bigint') out.int64(name, value);
    else if (typeof value === 'number') out.double(name, value);
    else if (typeof value === 'boolean') out.bool(name, value);
    else out.raw(value.type, name, value.value);
  }
  out.end(start);
  return out.copyFrom(start);
}
