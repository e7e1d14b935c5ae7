import { guarded, textOf } from './returnedFields.ts';
import type { Fields, Lookup, ReturnedDocument, ReturnedRow, RowValue } from './returning.ts';

/** The row of a document that stands in the shape of the layout `tables` already. */
export function asItIs({ shown, fields }: ReturnedDocument): ReturnedRow {
  const row: Record<string, RowValue> = {};
  for (const [field, element] of fields) if (field !== '_id') row[field] = element;
  return { shown, row };
}

/**
 * Those of such documents whose trace is there, by the field that names it. The plugin knows nothing of them, and leaves them where it
 * deletes a trace; in PostgreSQL they go with it.
 */
export async function withTrace(
  page: readonly ReturnedDocument[],
  look: Pick<Lookup, 'target'>,
  field: string,
): Promise<readonly ReturnedDocument[]> {
  const ids = page.map(({ fields }) => idIn(fields, field));
  const found = await look.target('traces', { _id: { $in: [...new Set(ids)] } }, []);
  const there = new Set(found.map(({ fields }) => idIn(fields, '_id')));
  return page.filter((_document, index) => ids[index] !== null && there.has(ids[index] ?? null));
}

/** The text of a field, null where it is none. */
export function idIn(fields: Fields, field: string): string | null {
  return guarded([], { shown: '', fields }, field, () => textOf(fields.get(field)));
}
