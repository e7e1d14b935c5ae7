import type pg from 'pg';
import { type TextIndex, type TextIndexColumn, textIndexes } from './textIndexes.ts';

/** An index that is in another order than the server compares by: reading a range by it misses rows. */
export interface MisorderedIndex {
  readonly table: string;
  readonly index: string;
  /** The statement that cures it; the owner of the table may run it. */
  readonly cure: string;
}

/** What a reader of the report should know of it, and do. */
export function describeMisordered({ table, index, cure }: MisorderedIndex): string {
  return (
    `The index ${index} of ${table} is in another order than the server compares texts by, so that reading by it misses rows:` +
    ` its collation has changed since it was built. Run ${cure} on the source and migrate again`
  );
}

/** Keys that {@link findDoubtfulIndexes} looks up in each index: of an index that has lost one in fifty, it misses one time in fifty. */
const SAMPLED_KEYS = 200;

/** Planner settings under which a statement reads by an index, whatever it costs. */
const BY_INDEX = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  max_parallel_workers_per_gather: '0',
};

/**
 * Indexes of these tables that are in the wrong order, found exactly: each index over texts is walked once, up to the first
 * neighbours that do not follow each other. For tables of which fewer rows were read than there are: after an upgrade of
 * the operating system's or ICU's collations the server goes on to search an index by an order that it is not in. Call it
 * within a transaction.
 */
export async function findMisorderedIndexes(
  client: pg.ClientBase,
  schema: string,
  tables: readonly string[],
): Promise<MisorderedIndex[]> {
  return await filterIndexes(client, schema, tables, walkQuery);
}

/**
 * The same by some keys looked up in each index, at the cost of as many page reads: a look before anything is copied. An
 * index that is found is in the wrong order (or broken otherwise); one that is not may still be.
 */
export async function findDoubtfulIndexes(
  client: pg.ClientBase,
  schema: string,
  tables: readonly string[],
): Promise<MisorderedIndex[]> {
  return await filterIndexes(client, schema, tables, lookUpQuery);
}

async function filterIndexes(
  client: pg.ClientBase,
  schema: string,
  tables: readonly string[],
  query: (index: TextIndex) => string,
): Promise<MisorderedIndex[]> {
  const found = new Map<string, MisorderedIndex>();
  const indexes = await textIndexes(client, schema, tables);
  const settings = Object.entries(BY_INDEX);
  await client.query(settings.map(([name, value]) => `set local ${name} = ${value}`).join('; '));
  for (const index of indexes) {
    const sql = query(index);
    // Where several indexes have the same order the server chooses one: that is what the statement speaks of.
    const used = await usedIndex(client, sql, indexes, index);
    if (used === null || found.has(used.quoted)) continue;
    const { rows } = await client.query(sql);
    if (rows.length === 0) continue;
    found.set(used.quoted, { table: used.table, index: used.name, cure: `REINDEX INDEX ${used.quoted}` });
  }
  await client.query(settings.map(([name]) => `set local ${name} to default`).join('; '));
  return [...found.values()];
}

/** A column with the collation of the index: its own may be another. */
function ordered({ name, collation }: TextIndexColumn): string {
  return collation === null ? name : `${name} collate ${collation}`;
}

/** Answers with a row where two neighbours in the index's order do not follow each other. */
function walkQuery({ relation, columns }: TextIndex): string {
  const keys = columns.map((column, i) => `${ordered(column)} as k${i}`);
  const order = columns.map(
    (column) =>
      `${ordered(column)} ${column.isDescending ? 'desc' : 'asc'} nulls ${column.areNullsFirst ? 'first' : 'last'}`,
  );
  const before = columns.map((_column, i) => `k${i}, lag(k${i}) over () as p${i}`);
  // A NULL compares to nothing, so that neighbours with one are passed over.
  const compare = (i: number, operator: string) => `p${i} ${operator} k${i}`;
  const wrong = columns.map(({ isDescending }, i) =>
    [...Array.from({ length: i }, (_, earlier) => compare(earlier, '=')), compare(i, isDescending ? '<' : '>')].join(
      ' and ',
    ),
  );
  return (
    `select 1 from (select ${before.join(', ')} from (select ${keys.join(', ')} from only ${relation}` +
    ` order by ${order.join(', ')}) walked) neighbours where ${wrong.map((part) => `(${part})`).join(' or ')} limit 1`
  );
}

/** Answers with a row where a key that the table has is not found by the index. */
function lookUpQuery({ relation, columns, estimatedRows }: TextIndex): string {
  const names = columns.map(({ name }) => name);
  // Some times as many, as whole blocks are sampled, and their number is an estimate.
  const percent = Math.min(100, ((SAMPLED_KEYS * 5) / Math.max(estimatedRows, 1)) * 100);
  const present = names.map((name) => `${name} is not null`).join(' and ');
  const equal = columns.map((column) => `t.${ordered(column)} = s.${column.name}`).join(' and ');
  return (
    `select 1 from (select ${names.join(', ')} from only ${relation} tablesample system (${percent}) repeatable (1)` +
    ` where ${present} limit ${SAMPLED_KEYS}) s where not exists (select from only ${relation} t where ${equal}) limit 1`
  );
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The index by which the server would do the statement, of those of the same relation; null where it would sort or scan instead. */
async function usedIndex(
  client: pg.ClientBase,
  sql: string,
  indexes: readonly TextIndex[],
  { relation }: TextIndex,
): Promise<TextIndex | null> {
  const { rows } = await client.query<{ 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
    `explain (format json) ${sql}`,
  );
  const nodes = rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan)));
  if (nodes.some((node) => SORTS.has(node['Node Type']))) return null;
  const names = nodes.flatMap((node) => node['Index Name'] ?? []);
  return indexes.find((index) => index.relation === relation && names.includes(index.name)) ?? null;
}

const SORTS: ReadonlySet<string> = new Set(['Sort', 'Incremental Sort', 'Seq Scan']);

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
