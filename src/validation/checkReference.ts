import { hash } from 'node:crypto';
import { BSON, type Document } from 'bson';
import type pg from 'pg';
import type { Finding } from '../contract/migrationReport.ts';
import { findColumn, findTable, type SourceSchema } from '../contract/sourceSchema.ts';
import { formatCount } from '../formatCount.ts';
import type { ReferenceDefinition } from '../mlflow/layouts/layout.ts';
import { quoteIdentifier } from '../quoteSql.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { scanCollection } from '../target/scanCollection.ts';
import { targetError } from '../target/targetError.ts';

/** Distinct values that are looked up at once. */
const STEP = 2_000;

/** What the check of one reference came to. */
export interface ReferenceCheck {
  readonly findings: readonly Finding[];
  /** Distinct values without a parent in the target that are without one in the source too. */
  readonly orphansAsInSource: number;
}

/** A reference of a table's documents, and both ends. */
export interface ReferenceQuestion {
  readonly source: SourceDatabase;
  readonly schema: SourceSchema;
  /** Conditions over `t` for the rows of tables that are wanted; absent for all rows. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly access: DocumentAccess;
  /** The table that refers. */
  readonly table: string;
  readonly reference: ReferenceDefinition;
  /**
   * Is the content of both collections that of their tables, document by document, with none beside? Then the source tells what
   * leads nowhere, for a fraction of what the target takes to tell.
   */
  readonly isContentEqual: boolean;
  /** Rows of the referenced table that were written since the comparison began. */
  readonly countNewParents: () => Promise<number>;
}

/**
 * Looks for documents whose reference leads nowhere. In the target it goes over the distinct values of the referring fields (where an
 * index serves them, the cost follows the number of parents, not of rows). Orphans that the source has as well are notes.
 */
export async function checkReference(question: ReferenceQuestion): Promise<ReferenceCheck> {
  const { source, schema, scopes, access, table, reference } = question;
  const inSourceAs = (form: ColumnForm) =>
    source.read((client) => countSourceOrphans(client, schema.schema, scopes, reference, form));
  const orphans = question.isContentEqual
    ? await inSourceAs(asWrittenIn(schema, reference))
    : await access.reread(() => countOrphans(access, reference));
  if (orphans === 0) return { findings: [], orphansAsInSource: 0 };
  const inSource = await inSourceAs(asValue);
  const what = `${table}.${reference.fields.join(', ')} → ${reference.collection}`;
  const finding = (severity: Finding['severity'], count: number, says: string): Finding => ({
    severity,
    check: 'references',
    table,
    message: `${what}: ${formatCount(count)} ${count === 1 ? 'value' : 'values'} ${says}`,
  });
  const asInSource = (count: number): ReferenceCheck => ({
    findings: count === 0 ? [] : [finding('note', count, 'without a parent, as in the source')],
    orphansAsInSource: count,
  });
  if (inSource >= orphans) return asInSource(orphans);
  // A source that lives: a parent that came after the parents were read, and before the children, is the next catch-up's.
  if (inSource + (await question.countNewParents()) >= orphans) return asInSource(inSource);
  // SQL may take 1.0 for 1.00, '2 days' for '48 hours' and, in citext, a for A: the documents keep what is written.
  const spelledOtherwise = await inSourceAs(asText);
  if (spelledOtherwise >= orphans) {
    const says = 'spelled in another way than in the parent, as in the source, which takes them for equal';
    const spelled = finding('note', orphans - inSource, says);
    const { findings, orphansAsInSource } = asInSource(inSource);
    return { findings: [...findings, spelled], orphansAsInSource };
  }
  const lost = finding('error', orphans, `without a parent (in the source: ${formatCount(inSource)})`);
  return { findings: [lost], orphansAsInSource: inSource };
}

async function countOrphans(access: DocumentAccess, reference: ReferenceDefinition): Promise<number> {
  const { fields } = reference;
  const { groupsAndJoins } = access.traits;
  let orphans = 0;
  // A scan meets a value as often as it stands apart; a hash of each orphan tells whether it was counted.
  const counted = new Set<number>();
  let step: Document[] = [];
  const flush = async () => {
    if (step.length === 0) return;
    const values = step;
    step = [];
    const missing = await access.command(values.length, () => missingParents(access, reference, values));
    for (const key of missing) {
      if (groupsAndJoins) orphans++;
      else counted.add(hash('sha256', key, 'buffer').readUIntBE(0, 6));
    }
  };
  const take = async (values: readonly unknown[]) => {
    // As in SQL, a reference with a NULL in it refers to nothing.
    if (values.some((value) => value === null || value === undefined)) return;
    step.push(Object.fromEntries(reference.referencedFields.map((field, index) => [field, values[index]])));
    if (step.length >= STEP) await flush();
  };
  if (groupsAndJoins) await eachValueByGroup(access, fields, reference.isIndexed, take);
  else await eachValueByScan(access, fields, take);
  await flush();
  return groupsAndJoins ? orphans : counted.size;
}

type TakeValues = (values: readonly unknown[]) => Promise<void>;

/**
 * Distinct values by the server. With an index on the fields: sorted, the group walks from one to the next without reading
 * what is between. Without one sorting all documents would cost more than grouping them as they come.
 */
async function eachValueByGroup(
  access: DocumentAccess,
  fields: readonly string[],
  isIndexed: boolean,
  take: TakeValues,
): Promise<void> {
  const id = Object.fromEntries(fields.map((field, index) => [`f${index}`, `$${field}`]));
  const sort = Object.fromEntries(fields.map((field) => [field, 1]));
  const [only] = fields;
  const pipeline = [
    ...(isIndexed ? [{ $sort: sort }] : []),
    { $group: { _id: fields.length === 1 ? `$${only}` : id } },
  ];
  const cursor = access.target.db
    .collection(access.collection)
    .aggregate(pipeline, { allowDiskUse: true, batchSize: STEP });
  try {
    for await (const group of cursor) {
      await take(fields.length === 1 ? [group['_id']] : fields.map((_field, index) => group['_id'][`f${index}`]));
    }
  } catch (error) {
    throw targetError(error, access.target.display);
  }
}

/** Values by a scan in pages, for targets that neither sort by several fields nor keep a cursor through refusals; of neighbours that are equal one is taken. */
async function eachValueByScan(access: DocumentAccess, fields: readonly string[], take: TakeValues): Promise<void> {
  const projection = Object.fromEntries(fields.map((field) => [field, 1]));
  let last = '';
  for await (const documents of scanCollection(access, projection)) {
    for (const bytes of documents) {
      const document = BSON.deserialize(bytes);
      const values = fields.map((field) => document[field] as unknown);
      const key = JSON.stringify(values.map(comparable));
      if (key !== last) await take(values);
      last = key;
    }
  }
}

/** The keys of those values that no document of the referenced collection has. */
async function missingParents(
  access: DocumentAccess,
  reference: ReferenceDefinition,
  values: readonly Document[],
): Promise<string[]> {
  const [only] = reference.referencedFields;
  const filter: Document =
    reference.referencedFields.length === 1 && only !== undefined
      ? { [only]: { $in: values.map((value) => comparable(value[only])).concat(values.map((value) => value[only])) } }
      : { $or: values as Document[] };
  const projection = Object.fromEntries([['_id', 0], ...reference.referencedFields.map((field) => [field, 1])]);
  const found = new Set<string>();
  // In one reply: a batch that is refused ends its cursor, and all would be asked for again.
  const batchSize = values.length + 1;
  const parents = access.target.db.collection(reference.collection).find(filter, { projection, batchSize });
  for await (const parent of parents) found.add(valueKey(reference, parent));
  return values.map((value) => valueKey(reference, value)).filter((key) => !found.has(key));
}

/** Core tables keep `experiment_id` as text, others as a number: a reference compares the text of both. */
function comparable(value: unknown): unknown {
  return typeof value === 'string' ? value : String(value);
}

function valueKey(reference: ReferenceDefinition, value: Document): string {
  return JSON.stringify(reference.referencedFields.map((field) => comparable(value[field])));
}

/** Makes of a column's expression what is compared, by the column's position in the reference. */
type ColumnForm = (expression: string, position: number) => string;

/** An expression as SQL compares it. */
const asValue: ColumnForm = (expression) => expression;
/** An expression as it is written: a cast of char(n) to text would drop the padding, which its document has. */
const asText: ColumnForm = (expression) => `format('%s', ${expression})`;

const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar']);
/** Types whose equal values are written in one way only. */
const SPELLED_ONE_WAY: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'uuid', 'bool']);

/** As it is written, in the cheapest form for the types of a reference: texts by their bytes, numbers as they are. */
function asWrittenIn(schema: SourceSchema, { source }: ReferenceDefinition): ColumnForm {
  const typeOf = (table: string, column: string | undefined) => {
    const found = findTable(schema, table);
    return found === undefined || column === undefined ? undefined : findColumn(found, column)?.type;
  };
  const forms = source.columns.map((column, position): ColumnForm => {
    const type = typeOf(source.table, column) ?? '';
    const other = typeOf(source.referencedTable, source.referencedColumns[position]) ?? '';
    if (TEXTS.has(type) && TEXTS.has(other)) return (expression) => `${expression}::text collate "C"`;
    return SPELLED_ONE_WAY.has(type) && type === other ? asValue : asText;
  });
  return (expression, position) => (forms[position] as ColumnForm)(expression, position);
}

/** Distinct values without a parent in the source, compared as `form` says. */
async function countSourceOrphans(
  client: pg.ClientBase,
  schema: string,
  scopes: ReferenceQuestion['scopes'],
  reference: ReferenceDefinition,
  form: ColumnForm,
): Promise<number> {
  const { table, columns, referencedTable, referencedColumns } = reference.source;
  const wanted = (relation: string) => {
    const name = `${quoteIdentifier(schema)}.${quoteIdentifier(relation)}`;
    const scope = scopes[relation];
    return scope === undefined ? name : `(select t.* from ${name} t where ${scope})`;
  };
  const match = columns
    .map((column, position) => {
      const parent = form(`p.${quoteIdentifier(referencedColumns[position] as string)}`, position);
      return `${parent} = ${form(`c.${quoteIdentifier(column)}`, position)}`;
    })
    .join(' and ');
  const present = columns.map((column) => `c.${quoteIdentifier(column)} is not null`).join(' and ');
  const distinct = columns.map((column, position) => form(`c.${quoteIdentifier(column)}`, position)).join(', ');
  const result = await client.query<{ count: string }>(
    `select count(*)::text as count from (select distinct ${distinct} from ${wanted(table)} c
      where ${present} and not exists (select from ${wanted(referencedTable)} p where ${match})) orphans`,
  );
  return Number(result.rows[0]?.count ?? 0);
}
