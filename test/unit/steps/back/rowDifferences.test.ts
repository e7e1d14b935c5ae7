import { expect, test } from 'vitest';
import type { ReadRow } from '../../../../src/mlflow/layouts/tables/readRow.ts';
import type { WritableColumn, WritableTable } from '../../../../src/source/back/writableTables.ts';
import { differingColumns, insertedColumns } from '../../../../src/steps/back/rowDifferences.ts';
import { WHOLE_ROWS } from '../../../../src/steps/back/rowSource.ts';

function column(traits: Partial<WritableColumn> = {}): WritableColumn {
  return {
    name: 'c',
    type: 'text',
    notNull: false,
    hasDefault: false,
    isGenerated: false,
    sequence: null,
    isUniqueText: false,
    mostCharacters: null,
    ...traits,
  };
}

function tableOf(...columns: readonly WritableColumn[]): WritableTable {
  return { columns } as unknown as WritableTable;
}

function row(...values: readonly (string | null | undefined)[]): ReadRow {
  return { values, comparable: values, pairs: [], faults: [] };
}

test('a new row names every column that its document names, and NULL for those that it does not', () => {
  const table = tableOf(column(), column(), column({ hasDefault: true }), column({ notNull: true, hasDefault: true }));
  expect(insertedColumns(table, WHOLE_ROWS, row('a', undefined, undefined, undefined))).toEqual({
    columns: [0, 1, 2],
    faults: [],
  });
});

test('a column that takes no NULL has to be named', () => {
  const table = tableOf(column({ notNull: true }));
  expect(insertedColumns(table, WHOLE_ROWS, row(undefined)).faults).toHaveLength(1);
  expect(insertedColumns(table, WHOLE_ROWS, row(null)).faults).toHaveLength(1);
});

test('only columns that differ are written', () => {
  const table = tableOf(column(), column(), column());
  expect(differingColumns(table, WHOLE_ROWS, row('a', 'b', null), row('a', 'c', null)).columns).toEqual([1]);
});

test('a field that is missing is NULL, and says nothing of a column that takes none', () => {
  const table = tableOf(column(), column({ notNull: true }));
  expect(differingColumns(table, WHOLE_ROWS, row(undefined, undefined), row('a', 'b'))).toEqual({
    columns: [0],
    faults: [],
  });
});

test('what PostgreSQL computes is never written', () => {
  const table = tableOf(column({ isGenerated: true }));
  expect(insertedColumns(table, WHOLE_ROWS, row('1'))).toEqual({ columns: [], faults: [] });
  expect(differingColumns(table, WHOLE_ROWS, row('1'), row('1'))).toEqual({ columns: [], faults: [] });
  expect(differingColumns(table, WHOLE_ROWS, row('1'), row('2')).faults).toHaveLength(1);
  expect(differingColumns(table, WHOLE_ROWS, row(undefined), row('2')).faults).toEqual([]);
});

test('a column of which nothing is said is kept, and gets its default in a new row', () => {
  const table = tableOf(
    column({ name: 'unsaid', hasDefault: true }),
    column({ name: 'made' }),
    column({ name: 'stands' }),
  );
  const source = {
    unsaid: new Set(['unsaid']),
    onlyNew: new Set(['made']),
    standsForNull: new Map([['stands', '']]),
  };
  const document = row(undefined, 'new', '');
  expect(insertedColumns(table, source, document).columns).toEqual([1, 2]);
  expect(differingColumns(table, source, document, row('kept', 'old', null)).columns).toEqual([]);
  expect(differingColumns(table, source, document, row('kept', 'old', 'text')).columns).toEqual([2]);
});

test('a text that is longer than its column takes is a fault, counted in characters, where it is to be written', () => {
  const table = tableOf(column({ mostCharacters: 2 }));
  const counts = (text: string, there: string) => [
    insertedColumns(table, WHOLE_ROWS, row(text)).faults.length,
    differingColumns(table, WHOLE_ROWS, row(text), row(there)).faults.length,
  ];
  expect(counts('🚀🚀', 'a')).toEqual([0, 0]);
  expect(counts('abc', 'a')).toEqual([1, 1]);
  expect(counts('abc', 'abc')).toEqual([1, 0]);
});
