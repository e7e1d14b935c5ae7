import type { ReturnedDocument, ReturnedRow, RowValue } from './returning.ts';

/** The row of a document that stands in the shape of the layout `tables` already. */
export function asItIs({ shown, fields }: ReturnedDocument): ReturnedRow {
  const row: Record<string, RowValue> = {};
  for (const [field, element] of fields) if (field !== '_id') row[field] = element;
  return { shown, row };
}
