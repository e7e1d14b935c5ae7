import { expect, test } from 'vitest';
import type { ReadRow } from '../../../../src/mlflow/layouts/tables/readRow.ts';
import type { WritableColumn, WritableTable } from '../../../../src/source/back/writableTables.ts';
import { differingColumns, insertedColumns } from '../../../../src/steps/back/rowDifferences.ts';

function column(traits: Partial<WritableColumn> = {}): WritableColumn {
  return { name: 'c', type: 'text', notNull: false, hasDefault: false, isGenerated: false, sequence: null, ...traits };
}

function tableOf(...columns: readonly WritableColumn[]): WritableTable {
  return { columns } as unknown as WritableTable;
}

function row(...values: readonly (string | null | undefined)[]): ReadRow {
  return { values, comparable: values, pairs: [], faults: [] };
}

test('a new row names every column that its document names, and NULL for those that it does not', () => {
  const table = tableOf(column(), column(), column({ hasDefault: true }), column({ notNull: true, hasDefault: true }));
  expect(insertedColumns(table, row('a', undefined, undefined, undefined))).toEqual({ columns: [0, 1, 2], faults: [] });
});

test('a column that takes no NULL has to be named', () => {
  const table = tableOf(column({ notNull: true }));
  expect(insertedColumns(table, row(undefined)).faults).toHaveLength(1);
  expect(insertedColumns(table, row(null)).faults).toHaveLength(1);
});

test('only columns that differ are written', () => {
  const table = tableOf(column(), column(), column());
  expect(differingColumns(table, row('a', 'b', null), row('a', 'c', null)).columns).toEqual([1]);
});

test('a field that is missing is NULL, and says nothing of a column that takes none', () => {
  const table = tableOf(column(), column({ notNull: true }));
  expect(differingColumns(table, row(undefined, undefined), row('a', 'b'))).toEqual({ columns: [0], faults: [] });
});

test('what PostgreSQL computes is never written', () => {
  const table = tableOf(column({ isGenerated: true }));
  expect(insertedColumns(table, row('1'))).toEqual({ columns: [], faults: [] });
  expect(differingColumns(table, row('1'), row('1'))).toEqual({ columns: [], faults: [] });
  expect(differingColumns(table, row('1'), row('2')).faults).toHaveLength(1);
  expect(differingColumns(table, row(undefined), row('2')).faults).toEqual([]);
});
