import { findColumn, findTable } from '../../../contract/sourceSchema.ts';
import type { SchemaNote } from '../layout.ts';
import type { LayoutSource } from './layoutSource.ts';

/**
 * The SELECT of one table as it grows: each method adds an expression and says at which place of the row its value comes.
 * A column that this release has not is NULL, in the type that the reader of the row expects.
 */
export class Selection {
  readonly expressions: string[] = [];
  readonly #used = new Set<string>();
  readonly #source: LayoutSource;
  readonly #table: string;

  constructor(source: LayoutSource, table: string) {
    this.#source = source;
    this.#table = table;
  }

  text(column: string): number {
    return this.#column(column, 'text');
  }

  int64(column: string): number {
    return this.#column(column, 'int8');
  }

  float64(column: string): number {
    return this.#column(column, 'float8');
  }

  bool(column: string): number {
    return this.#column(column, 'bool');
  }

  /** Any expression over `t`, of a type that the reader knows. */
  expression(sql: string): number {
    return this.expressions.push(sql) - 1;
  }

  /** Columns that stand in the documents in another way than by this selection, or are derived from ones that do. */
  alsoUses(...columns: readonly string[]): void {
    for (const column of columns) this.#used.add(column);
  }

  /** A note for each column of the table that the documents have no place for. */
  notes(): SchemaNote[] {
    const columns = findTable(this.#source.schema, this.#table)?.columns ?? [];
    return columns
      .filter(({ name }) => !this.#used.has(name))
      .map(({ name }) => ({
        table: this.#table,
        field: name,
        message: `The store plugin has no place for the column ${this.#table}.${name}: it is not carried`,
      }));
  }

  #column(name: string, type: 'text' | 'int8' | 'float8' | 'bool'): number {
    this.#used.add(name);
    const table = findTable(this.#source.schema, this.#table);
    const isThere = table !== undefined && findColumn(table, name) !== undefined;
    return this.expression(isThere ? `${this.#source.read(this.#table, name)}::${type}` : `null::${type}`);
  }
}
