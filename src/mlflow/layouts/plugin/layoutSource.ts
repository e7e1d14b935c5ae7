import { findColumn, findTable, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import { quoteIdentifier, quoteLiteral } from '../../../quoteSql.ts';
import type { ColumnReader } from '../../schema/columnReader.ts';
import { tableReferences } from '../../schema/tableReferences.ts';

/** Parents by which rows belong to a workspace, where a table has several or the schema declares none. */
const SCOPE_PARENTS: Readonly<Record<string, readonly (readonly [column: string, parent: string, key: string])[]>> = {
  // In data of 3.5 the experiment of a span often is another than its trace's: the trace's counts.
  spans: [['trace_id', 'trace_info', 'request_id']],
  assessments: [['trace_id', 'trace_info', 'request_id']],
  metrics: [['run_uuid', 'runs', 'run_uuid']],
  logged_model_metrics: [['run_id', 'runs', 'run_uuid']],
};

interface TableEnd {
  /** Column that says what {@link id} is the id of, null where that is always the same. */
  readonly type: string | null;
  readonly id: string;
  readonly parents: readonly { readonly names: readonly string[]; readonly parent: string; readonly key: string }[];
}

const run = (...names: readonly string[]) => ({ names, parent: 'runs', key: 'run_uuid' });

/** Tables that refer to others without a foreign key. */
const ENDS: Readonly<Record<string, readonly TableEnd[]>> = {
  inputs: [
    { type: 'destination_type', id: 'destination_id', parents: [run('RUN')] },
    { type: 'source_type', id: 'source_id', parents: [run('RUN_INPUT', 'RUN_OUTPUT')] },
  ],
  input_tags: [{ type: null, id: 'input_uuid', parents: [{ names: [], parent: 'inputs', key: 'input_uuid' }] }],
  entity_associations: [
    {
      type: 'source_type',
      id: 'source_id',
      parents: [
        run('run'),
        { names: ['trace'], parent: 'trace_info', key: 'request_id' },
        { names: ['evaluation_dataset'], parent: 'evaluation_datasets', key: 'dataset_id' },
        { names: ['experiment'], parent: 'experiments', key: 'experiment_id' },
      ],
    },
  ],
};

/** The source as the builders of the `mlflow` layout ask for it: which release's tables there are, and what of them is wanted. */
export class LayoutSource {
  readonly schema: SourceSchema;
  /** The one workspace that is wanted, null for all. */
  readonly workspace: string | null;
  /** How its columns are read. */
  readonly read: ColumnReader;

  constructor(schema: SourceSchema, workspace: string | null, read: ColumnReader) {
    this.schema = schema;
    this.workspace = workspace;
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
    if (table in ENDS) return this.#notElsewhere(table, alias);
    const own = table === 'workspaces' ? 'name' : 'workspace';
    if (findColumn(found, own) !== undefined)
      return `${alias}.${quoteIdentifier(own)} = ${quoteLiteral(this.workspace)}`;
    const explicit = (SCOPE_PARENTS[table] ?? []).map(([column, parent, key]) => ({
      columns: [column],
      referencedTable: parent,
      referencedColumns: [key],
    }));
    const inner = `${alias}_${visited.length}`;
    for (const link of [...explicit, ...tableReferences(this.schema, found)]) {
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

  /** For tables whose ends are told by a type beside an id: rows of which no end is in another workspace. */
  #notElsewhere(table: string, alias: string): string | null {
    const end = `${alias}_end`;
    const conditions = (ENDS[table] ?? []).flatMap(({ type, id, parents }) =>
      parents.flatMap(({ names, parent, key }) => {
        const scope = this.has(table, ...(type === null ? [id] : [type, id])) ? this.scope(parent, end) : null;
        if (scope === null || !this.has(parent, key)) return [];
        const isOfType = type === null ? '' : ` and ${alias}.${type} in (${names.map(quoteLiteral).join(', ')})`;
        return [
          `not exists (select from ${this.relation(parent)} ${end} where ${end}.${key}::text = ${alias}.${id}${isOfType} and not (${scope}))`,
        ];
      }),
    );
    return conditions.length === 0 ? null : conditions.join(' and ');
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
