import type { DifferenceKind, Finding } from '../contract/migrationReport.ts';
import { findTable, type SourceSchema } from '../contract/sourceSchema.ts';
import type { ChildDefinition, CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { quoteIdentifier } from '../quoteSql.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';

/** Rows that are listed for one table; more are counted. */
const MAX_LISTED = 50;

/** Rows that have no document to stand in. */
export interface UnplacedRows {
  readonly count: number;
  /** One for each of the first rows. */
  readonly findings: readonly Finding[];
}

/**
 * Rows that should stand in their parent's document and have no parent. A foreign key keeps them from being there, unless it
 * was never validated or was out of force when they came (`session_replication_role`, disabled triggers): then they are in
 * no range that is read, and this alone names them. A migration could not carry them, a comparison misses them.
 */
export async function findUnplacedRows(
  source: SourceDatabase,
  schema: SourceSchema,
  parent: CollectionDefinition,
  child: ChildDefinition,
  isComparison: boolean,
): Promise<UnplacedRows> {
  const key = findTable(schema, child.table)?.key?.map((name) => `t.${quoteIdentifier(name)}`) ?? [];
  const bare = (column: string) => column.replaceAll('"', '');
  const links = new Set(child.link.map(bare));
  const columns = [...child.link, ...key.filter((column) => !links.has(bare(column)))];
  const place = (index: number) => `k${index}`;
  const parents = child.parentLink.map((expression, index) => `${expression} as ${place(index)}`).join(', ');
  const match = child.link.map((expression, index) => `p.${place(index)} = ${expression}`).join(' and ');
  const condition = child.where === null ? '' : ` and (${child.where})`;
  const rows = await source.read(async (client) => {
    const result = await client.query<{ key: string[]; all: string }>(
      `with parents as (select ${parents} from ${parent.from}${parent.where === null ? '' : ` where ${parent.where}`})
       select array[${columns.map((column) => `${column}::text`).join(', ')}] as key, (count(*) over ())::text as all
         from ${child.from} where not exists (select from parents p where ${match})${condition}
        order by ${columns.join(', ')} limit ${MAX_LISTED}`,
    );
    return result.rows;
  });
  const [check, kind, lack]: [Finding['check'], DifferenceKind, string] = isComparison
    ? ['content', 'missing', 'has no document']
    : ['copy', 'refused', 'was not carried'];
  const message = `The row ${lack}: it belongs into the document of its row of ${parent.table}, and there is none, though a foreign key demands it. Without the foreign key it gets a collection of its own`;
  return {
    count: Number(rows[0]?.all ?? 0),
    findings: rows.map(({ key: values }) => ({
      severity: 'error',
      check,
      table: child.table,
      key: values.join(':'),
      kind,
      message,
    })),
  };
}
