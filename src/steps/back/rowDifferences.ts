import type { FieldFault, ReadRow } from '../../mlflow/layouts/tables/readRow.ts';
import type { WritableTable } from '../../source/back/writableTables.ts';
import type { RowSource } from './rowSource.ts';

/** Which columns of a row are written, and what cannot be. */
interface ColumnsToWrite {
  /** Places of columns, in ascending order. */
  readonly columns: readonly number[];
  readonly faults: readonly FieldFault[];
}

/**
 * Columns that a new row gets from its document. What the document does not name is NULL, or, where the table does not take that, its
 * default.
 */
export function insertedColumns(
  { columns }: WritableTable,
  { unsaid }: Pick<RowSource, 'unsaid'>,
  { values }: ReadRow,
): ColumnsToWrite {
  const faults: FieldFault[] = [];
  const written = columns.flatMap(({ name, notNull, hasDefault, isGenerated }, place) => {
    const value = values[place];
    if (isGenerated || (unsaid.has(name) && (hasDefault || !notNull))) return [];
    if (notNull && (value === null || (value === undefined && !hasDefault)))
      faults.push({
        field: name,
        reason:
          value === null ? 'it is null, which the column does not take' : 'it is missing, and the column takes no NULL',
      });
    return value === undefined && hasDefault && notNull ? [] : [place];
  });
  faults.push(...tooLong(columns, written, values));
  return { columns: written, faults };
}

/**
 * Columns in which a row differs from its document, both read the same way. What the document does not name is NULL there; of a column
 * that takes no NULL, and of those that its source has no place for, it says nothing.
 */
export function differingColumns(
  { columns }: WritableTable,
  { unsaid, onlyNew, standsForNull }: Pick<RowSource, 'unsaid' | 'onlyNew' | 'standsForNull'>,
  document: ReadRow,
  row: ReadRow,
): ColumnsToWrite {
  const faults: FieldFault[] = [];
  const written = columns.flatMap(({ name, notNull, isGenerated }, place) => {
    const wanted = document.comparable[place];
    const there = row.comparable[place] ?? null;
    if (unsaid.has(name) || onlyNew.has(name)) return [];
    if (wanted === undefined && (notNull || isGenerated)) return [];
    if ((wanted ?? null) === there) return [];
    if (there === null && wanted === standsForNull.get(name)) return [];
    if (isGenerated) faults.push({ field: name, reason: 'PostgreSQL computes the column, and comes to another value' });
    if (notNull && wanted === null) faults.push({ field: name, reason: 'it is null, which the column does not take' });
    return isGenerated ? [] : [place];
  });
  faults.push(...tooLong(columns, written, document.values));
  return { columns: written, faults };
}

/** A fault for each text to be written that has more characters than its column takes. */
function tooLong(
  columns: WritableTable['columns'],
  written: readonly number[],
  values: ReadRow['values'],
): FieldFault[] {
  return written.flatMap((place) => {
    const { name, mostCharacters: most } = columns[place] as (typeof columns)[number];
    const text = values[place];
    // Characters are counted where there can be too many: no text has more of them than code units.
    if (most === null || text == null || text.length <= most || [...text].length <= most) return [];
    return [{ field: name, reason: `it has more than ${most} characters, which is what the column takes` }];
  });
}
