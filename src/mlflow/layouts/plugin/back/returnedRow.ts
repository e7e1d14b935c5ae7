import { findTable, type SourceSchema } from '../../../../contract/sourceSchema.ts';
import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { guarded, pairsOf, TRACKING_NAMES, textOf } from './returnedFields.ts';
import type { Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning, RowValue } from './returning.ts';

/** Columns of a table that its documents have no place for: all but these. */
export function unsaidOf(schema: SourceSchema, table: string, said: readonly string[]): string[] {
  const columns = findTable(schema, table)?.columns ?? [];
  return columns.map(({ name }) => name).filter((name) => !said.includes(name));
}

/**
 * A row of these values: without those that are not there, and without columns that this release has not, where the document has there
 * what a migration writes in their place. What else has no column stays in it, so that it is a fault.
 */
export function rowOf(
  columns: ReadonlySet<string>,
  values: Readonly<Record<string, RowValue | undefined>>,
  absent: Readonly<Record<string, string>> = {},
): Record<string, RowValue> {
  const row: Record<string, RowValue> = {};
  for (const [column, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (columns.has(column) || !isAbsent(value, absent[column])) row[column] = value;
  }
  return row;
}

function isAbsent(value: RowValue, text: string | undefined): boolean {
  if (value === null) return true;
  if (typeof value !== 'object') return text !== undefined && String(value) === text;
  if (value.type === BSON_TYPE.null) return true;
  if (value.type === BSON_TYPE.int64) return String(value.value.readBigInt64LE(0)) === text;
  if (value.type === BSON_TYPE.int32) return String(value.value.readInt32LE(0)) === text;
  return value.type === BSON_TYPE.string && textOf(value) === text;
}

/** Number of the experiment that a document is of; a fault, and null, where there is none. */
export async function experimentOf(
  document: ReturnedDocument,
  field: string,
  look: Lookup,
  faults: ReturnedFault[],
): Promise<string | null> {
  const id = guarded(faults, document, field, () => textOf(document.fields.get(field)));
  const number = id === null ? null : await look.experimentId(id);
  if (number === null && !faults.some((fault) => fault.shown === document.shown && fault.field === field))
    faults.push({ shown: document.shown, field, reason: 'there is no such experiment' });
  return number;
}

/** A table of keys and values that stand as pairs in the documents of its parent. */
export interface ReturnedPairs extends Pick<Returning, 'table' | 'collection'> {
  /** Field of the documents, and columns of the rows. */
  readonly field: string;
  readonly link: string;
  readonly key: string;
  readonly value: string;
  /** Value of the link by the document; its `_id` where this is absent. */
  readonly linkOf?: (document: ReturnedDocument, look: Lookup) => Promise<RowValue>;
  /** Have the rows the experiment of their parent as well? */
  readonly hasExperiment?: true;
}

/** How such rows come back. */
export function returnedPairs(schema: SourceSchema, pairs: ReturnedPairs): Returning {
  const { table, collection, field, link, key, value, linkOf, hasExperiment = false } = pairs;
  const besides = hasExperiment ? ['experiment_id'] : [];
  return {
    table,
    collection,
    fields: [field, ...besides],
    unsaid: unsaidOf(schema, table, [link, key, value, ...besides]),
    onlyNew: besides,
    standsForNull: { [value]: '' },
    rows: async (page, look) => {
      const faults: ReturnedFault[] = [];
      const rows: ReturnedRow[] = [];
      for (const document of page) {
        const { shown, fields } = document;
        const found = guarded(faults, document, field, () => pairsOf(fields.get(field), TRACKING_NAMES)) ?? [];
        if (found.length === 0) continue;
        // Where there is no such parent, the parent's own table tells.
        const owner = linkOf === undefined ? idOf(document) : await linkOf(document, look);
        const experiment = hasExperiment ? await experimentOf(document, 'experiment_id', look, []) : '';
        if (owner === null || experiment === null) continue;
        const own = hasExperiment ? { [link]: owner, experiment_id: experiment } : { [link]: owner };
        for (const pair of found) rows.push({ shown, row: { ...own, [key]: pair.key, [value]: pair.value } });
      }
      return { rows, faults };
    },
  };
}

/** `_id` of a document as it stands there. */
export function idOf({ fields }: ReturnedDocument): BsonElement {
  return fields.get('_id') as BsonElement;
}
