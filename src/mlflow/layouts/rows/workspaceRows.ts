import { findColumn, findTable, type SourceSchema } from '../../../contract/sourceSchema.ts';
import { quoteIdentifier, quoteLiteral } from '../../../quoteSql.ts';
import { tableReferences } from '../../schema/tableReferences.ts';
import { matches, wholeRelation } from './relations.ts';
import { TYPED_ENDS } from './typedEnds.ts';

/** Parents by which rows belong to a workspace, where a table has several or the schema declares none. */
const SCOPE_PARENTS: Readonly<Record<string, readonly (readonly [column: string, parent: string, key: string])[]>> = {
  // In data of 3.5 the experiment of a span often is another than its trace's: the trace's counts.
  spans: [['trace_id', 'trace_info', 'request_id']],
  assessments: [['trace_id', 'trace_info', 'request_id']],
  metrics: [['run_uuid', 'runs', 'run_uuid']],
  logged_model_metrics: [['run_id', 'runs', 'run_uuid']],
};

/**
 * Condition for the rows of a table (over `alias`) that belong to a workspace: by their own column, or through the rows that
 * they refer to. Null where all do, or where nothing tells.
 */
export function inWorkspace(
  schema: SourceSchema,
  workspace: string,
  table: string,
  alias: string,
  visited: readonly string[] = [],
): string | null {
  const found = findTable(schema, table);
  if (found === undefined || visited.includes(table)) return null;
  if (table in TYPED_ENDS) return notElsewhere(schema, workspace, table, alias);
  const own = table === 'workspaces' ? 'name' : 'workspace';
  if (findColumn(found, own) !== undefined) return `${alias}.${quoteIdentifier(own)} = ${quoteLiteral(workspace)}`;
  const explicit = (SCOPE_PARENTS[table] ?? []).map(([column, parent, key]) => ({
    columns: [column],
    referencedTable: parent,
    referencedColumns: [key],
  }));
  const inner = `${alias}_${visited.length}`;
  for (const link of [...explicit, ...tableReferences(schema, found)]) {
    const parent = findTable(schema, link.referencedTable);
    if (parent === undefined || [...link.columns].some((column) => findColumn(found, column) === undefined)) continue;
    const condition = inWorkspace(schema, workspace, link.referencedTable, inner, [...visited, table]);
    if (condition === null) continue;
    const from = `${wholeRelation(schema, link.referencedTable)} ${inner}`;
    return `exists (select from ${from} where ${matches(link, alias, inner)} and ${condition})`;
  }
  return null;
}

/** For tables whose ends are told by a type beside an id: rows of which no end is in another workspace. */
function notElsewhere(schema: SourceSchema, workspace: string, table: string, alias: string): string | null {
  const end = `${alias}_end`;
  const has = (name: string, column: string) => {
    const found = findTable(schema, name);
    return found !== undefined && findColumn(found, column) !== undefined;
  };
  const conditions = (TYPED_ENDS[table] ?? []).flatMap(({ type, id, parents }) =>
    parents.flatMap(({ names, parent, key }) => {
      if (!has(table, id) || (type !== null && !has(table, type)) || !has(parent, key)) return [];
      const condition = inWorkspace(schema, workspace, parent, end);
      if (condition === null) return [];
      const isOfType = type === null ? '' : ` and ${alias}.${type} in (${names.map(quoteLiteral).join(', ')})`;
      return [
        `not exists (select from ${wholeRelation(schema, parent)} ${end} where ${end}.${key}::text = ${alias}.${id}${isOfType} and not (${condition}))`,
      ];
    }),
  );
  return conditions.length === 0 ? null : conditions.join(' and ');
}
