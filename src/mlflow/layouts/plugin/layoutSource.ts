import type { LayoutOptions } from '../../../contract/plan.ts';
import { findColumn, findTable, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import type { ColumnReader } from '../../schema/columnReader.ts';
import { RowChoice } from '../rows/rowChoice.ts';

/** The source as the builders of the `mlflow` layout ask for it: which release's tables there are, and what of them is wanted. */
export class LayoutSource {
  readonly schema: SourceSchema;
  readonly rows: RowChoice;
  /** How its columns are read. */
  readonly read: ColumnReader;

  constructor(schema: SourceSchema, options: Pick<LayoutOptions, 'workspace' | 'experiments'>, read: ColumnReader) {
    this.schema = schema;
    this.rows = new RowChoice(schema, options);
    this.read = read;
  }

  /** The table, where this release has it with all of these columns. */
  find(table: string, columns: readonly string[]): SourceTable | undefined {
    const found = findTable(this.schema, table);
    return found !== undefined && columns.every((column) => findColumn(found, column) !== undefined)
      ? found
      : undefined;
  }

  has(table: string, ...columns: readonly string[]): boolean {
    return this.find(table, columns) !== undefined;
  }

  /** The wanted rows of the table as a FROM clause takes them, which gives them an alias. */
  relation(table: string): string {
    return this.rows.relation(table);
  }

  /** Does the schema itself keep rows of `table` from having no row in `parent` with the same values? */
  isReferenceKept(table: string, columns: readonly string[], parent: string): boolean {
    return (
      findTable(this.schema, table)?.foreignKeys.some(
        (key) => key.referencedTable === parent && columns.every((column) => key.columns.includes(column)),
      ) ?? false
    );
  }
}
