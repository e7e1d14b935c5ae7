import { findColumn, type SourceTable } from '../../contract/sourceSchema.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import type { CollectionDefinition, RowKeyPart } from './layout.ts';

/** Types of key columns that documents hold as they are, and those that they are compared as without losing the index. */
const KEY_TYPES: Readonly<Record<string, RowKeyPart['type']>> = {
  text: 'text',
  varchar: 'text',
  int2: 'int8',
  int4: 'int8',
  int8: 'int8',
  bool: 'bool',
  float8: 'float8',
};

/**
 * How a row of a table is found by what its document holds: by the whole key, whose index then finds it. `fieldOf` names the field
 * of a column, undefined where the documents hold it otherwise or not at all: then there is no way.
 */
export function rowKey(
  table: SourceTable,
  fieldOf: (column: string) => string | undefined,
): Pick<CollectionDefinition, 'rowKey'> {
  const { key, canSample } = table;
  if (key === null || !canSample) return {};
  const parts = key.flatMap((name): RowKeyPart[] => {
    const type = KEY_TYPES[findColumn(table, name)?.type ?? ''];
    const field = fieldOf(name);
    return type === undefined || field === undefined ? [] : [{ field, column: keyColumn(table, name), type }];
  });
  return parts.length === key.length ? { rowKey: parts } : {};
}

/** The column, of a metric's value as documents hold it: NaN where the row says that it is none. */
function keyColumn(table: SourceTable, name: string): string {
  const column = `t.${quoteIdentifier(name)}`;
  const isMarked =
    name === 'value' && findColumn(table, name)?.type === 'float8' && findColumn(table, 'is_nan')?.type === 'bool';
  return isMarked ? `(case when t.is_nan then 'NaN'::float8 else ${column} end)` : column;
}
