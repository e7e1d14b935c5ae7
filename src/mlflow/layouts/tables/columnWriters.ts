import type { SourceTable } from '../../../contract/sourceSchema.ts';
import { type BsonWriter, type FieldName, fieldName } from '../../../encoding/bsonWriter.ts';
import { type ColumnKind, columnKind } from '../../../encoding/columnKind.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { writeColumn, writeJsonOrText } from '../../../encoding/writeColumn.ts';
import { JSON_TEXT_COLUMNS } from '../../schema/jsonTextColumns.ts';
import { RUN_STATUS } from '../../schema/runStatus.ts';
import type { SchemaNote } from '../layout.ts';
import { documentField } from '../targetNames.ts';

/** Writes one or more fields of a document from a row. */
export type FieldWriter = (out: BsonWriter, row: RowView) => void;

/** A writer for each column, in the order of the table. Notes which columns cannot stand as they are. */
export function columnWriters(table: SourceTable, notes: SchemaNote[]): FieldWriter[] {
  const isNanAt = table.columns.findIndex((column) => column.name === 'is_nan' && column.type === 'bool');
  const jsonColumns = JSON_TEXT_COLUMNS[table.name] ?? [];
  return table.columns.map((column, index): FieldWriter => {
    const kind = columnKind(column);
    if (!kind.hasCounterpart) {
      const message = `Column ${table.name}.${column.name} has type ${column.type}, which BSON does not have: its PostgreSQL text is carried`;
      notes.push({ table: table.name, field: column.name, message });
    }
    const field = documentField(table, column.name);
    const name = fieldName(field);
    if (field !== column.name) {
      const message = `Column ${table.name}.${column.name} is stored in the field ${field}`;
      notes.push({ table: table.name, field: column.name, message });
    }
    if (isNanAt >= 0 && column.name === 'value' && kind.scalar === 'float8') {
      return (out, row) => {
        if (row.bool(isNanAt) === true && !row.isNull(index)) out.double(name, Number.NaN);
        else writeColumn(out, name, kind, row, index);
      };
    }
    if (jsonColumns.includes(column.name) && kind.scalar === 'text' && !kind.isArray) {
      return (out, row) => {
        if (row.isNull(index)) out.null(name);
        else writeJsonOrText(out, name, row.buffer, row.start(index), row.length(index));
      };
    }
    return (
      specialColumn(table.name, column.name, name, kind, index) ??
      ((out, row) => writeColumn(out, name, kind, row, index))
    );
  });
}

/** Columns of the core tables that the Genesis-Flow store wants in another type; null for all others. */
function specialColumn(
  table: string,
  column: string,
  name: FieldName,
  kind: ColumnKind,
  index: number,
): FieldWriter | null {
  const isInteger = kind.scalar === 'int32' || kind.scalar === 'int64';
  if (column === 'experiment_id' && (table === 'experiments' || table === 'runs') && isInteger) {
    return (out, row) => {
      const value = row.integer(index);
      if (value === null) out.null(name);
      else out.string(name, String(value));
    };
  }
  if (table === 'runs' && column === 'status' && (isInteger || kind.scalar === 'text')) {
    return (out, row) => {
      if (row.isNull(index)) {
        out.null(name);
        return;
      }
      const stored = isInteger ? String(row.integer(index)) : row.text(index);
      out.string(name, RUN_STATUS[stored] ?? stored);
    };
  }
  if (table === 'model_versions' && column === 'version' && kind.scalar === 'int64') {
    return (out, row) => {
      const value = row.integer(index);
      if (value === null) out.null(name);
      else if (value >= -2147483648n && value <= 2147483647n) out.int32(name, Number(value));
      else out.int64(name, value);
    };
  }
  return null;
}
