import { quoteIdentifier } from '../../columnKind.ts';
import { findColumn, findTable, type SourceSchema, type SourceTable } from '../../sourceSchema.ts';

/** Parents by which rows belong to a workspace, where a table has several or the schema declares none. */
const SCOPE_PARENTS: Readonly<Record<string, readonly (readonly [column: string, parent: string, key: string])[]>> = {
  // In data of 3.5 the experiment of a span often is another than its trace's: the trace's counts.
  spans: [['trace_id', 'trace_info', 'request_id']],
  assessments: [['trace_id', 'trace_info', 'request_id']],
  metrics: [['run_uuid', 'runs', 'run_uuid']],
  logged_model_metrics: [['run_id', 'runs', 'run_uuid']],
};

/** An SQL string literal. */
export function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The source as the builders of the `mlflow` layout ask for it: which release's tables there are, and what of them is wanted. */
export class LayoutSource {
  readonly schema: SourceSchema;
  /** The one workspace that is wanted, null for all. */
  readonly workspace: string | null;

  constructor(schema: SourceSchema, workspace: string | null) {
    this.schema = schema;
    this.workspace = workspace;
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

  /** The table as a FROM clause names it, quoted and with its schema. */
  relation(table: string): string {
    const only = findTable(this.schema, table)?.hasHeirs === true ? 'only ' : '';
    return `${only}${quoteIdentifier(this.schema.schema)}.${quoteIdentifier(table)}`;
  }

  /**
   * Condition for the rows of a table (over `alias`) that belong to the wanted workspace: by their own column, or through
   * the rows that they refer to. Null where all do, or where nothing tells.
   */
  scope(table: string, alias = 't', visited: readonly string[] = []): string | null {
    const found = findTable(this.schema, table);
    if (this.workspace === null || found === undefined || visited.includes(table)) return null;
    const own = table === 'workspaces' ? 'name' : 'workspace';
    if (findColumn(found, own) !== undefined) return `${alias}.${quoteIdentifier(own)} = ${sqlText(this.workspace)}`;
    const explicit = (SCOPE_PARENTS[table] ?? []).map(([column, parent, key]) => ({
      columns: [column],
      referencedTable: parent,
      referencedColumns: [key],
    }));
    const inner = `${alias}_${visited.length}`;
    for (const link of [...explicit, ...found.foreignKeys]) {
      const parent = findTable(this.schema, link.referencedTable);
      if (parent === undefined || [...link.columns].some((column) => findColumn(found, column) === undefined)) continue;
      const condition = this.scope(link.referencedTable, inner, [...visited, table]);
      if (condition === null) continue;
      const match = link.columns.map(
        (column, index) =>
          `${inner}.${quoteIdentifier(link.referencedColumns[index] as string)} = ${alias}.${quoteIdentifier(column)}`,
      );
      return `exists (select from ${this.relation(link.referencedTable)} ${inner} where ${[...match, condition].join(' and ')})`;
    }
    return null;
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

/** Conditions joined by `and`, null where there are none. */
export function allOf(...conditions: readonly (string | null)[]): string | null {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? null : given.map((condition) => `(${condition})`).join(' and ');
}
