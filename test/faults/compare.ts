import { type Db, type Document, MongoClient } from 'mongodb';
import { Client, type CustomTypesConfig } from 'pg';
import { quoted, readCatalog, type Table } from './compare/catalog.ts';
import { bsonType, type Expected, looseKey, looseKeyOf, matches } from './compare/expected.ts';
import {
  columnRule,
  type FieldRule,
  fieldRules,
  namedId,
  PAIR_FIELDS,
  type Pairs,
  type Row,
} from './compare/layout.ts';

/**
 * One thing that is not as `tables-layout.md` wants it. `key` is the primary key (all columns where there is none) as
 * `name=value` texts; `expected` and `actual` name types and clipped values, so keep this away from real users' data.
 */
interface Difference {
  readonly table: string;
  readonly kind: 'missing' | 'duplicate' | 'unexpected' | 'field' | 'id' | 'collection';
  readonly key: string;
  readonly field?: string;
  readonly expected?: string;
  readonly actual?: string;
}

export interface CompareOptions {
  readonly postgresUri: string;
  readonly mongodbUri: string;
  readonly database: string;
  /** PostgreSQL schema, `public` by default. */
  readonly schema?: string;
  /** Only these tables; all of the catalog by default. */
  readonly tables?: readonly string[];
  /** Differences kept per table, 200 by default. The rest is only counted. */
  readonly keep?: number;
}

export interface Comparison {
  /** Rows read from PostgreSQL, `alembic_version` not among them. */
  readonly rows: number;
  /** Tables and their rows. */
  readonly tables: Readonly<Record<string, number>>;
  readonly differences: readonly Difference[];
  /** All differences found, also those beyond what was kept. */
  readonly differenceCount: number;
}

const PAGE = 5_000;
const AS_TEXT: CustomTypesConfig = { getTypeParser: () => (text: string) => text };

/**
 * Compares every row of every table with its document, written from the layout page alone and sharing no code with the
 * migrator. Rows are found by the fields of their primary key, never by `_id`, so that a wrong `_id` is seen as that.
 * Holds one table's rows in memory at a time.
 */
export async function compareTables(options: CompareOptions): Promise<Comparison> {
  const pg = new Client({ connectionString: options.postgresUri, types: AS_TEXT });
  const mongo = new MongoClient(options.mongodbUri, { retryReads: true, serverSelectionTimeoutMS: 10_000 });
  const log = new DifferenceLog(options.keep ?? 200);
  const tables: Record<string, number> = {};
  const schema = options.schema ?? 'public';
  try {
    await pg.connect();
    await pg.query(
      `set timezone to 'UTC'; set datestyle to 'ISO, YMD'; set intervalstyle to 'postgres'; set bytea_output to 'hex';
       set extra_float_digits to 3; begin transaction isolation level repeatable read, read only`,
    );
    const catalog = (await readCatalog(pg, schema)).filter((t) => options.tables?.includes(t.name) ?? true);
    const db = mongo.db(options.database);
    const collections = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
    const pairs = await readPairs(pg, schema);
    for (const table of catalog) {
      if (table.name === 'alembic_version') {
        await compareRevision(pg, db, schema, collections, log);
        continue;
      }
      const rows = await readRows(pg, schema, table);
      tables[table.name] = rows.count;
      if (!collections.has(table.name) && rows.count > 0) {
        log.add({
          table: table.name,
          kind: 'collection',
          key: '',
          expected: `${rows.count} rows`,
          actual: 'no collection',
        });
      }
      await compareTable(db, table, rows.byKey, pairs, log);
    }
  } finally {
    await mongo.close();
    await pg.end();
  }
  const rows = Object.values(tables).reduce((sum, count) => sum + count, 0);
  return { rows, tables, differences: log.kept, differenceCount: log.count };
}

class DifferenceLog {
  readonly kept: Difference[] = [];
  count = 0;
  private readonly keep: number;
  private readonly perTable = new Map<string, number>();

  constructor(keep: number) {
    this.keep = keep;
  }

  add(difference: Difference): void {
    this.count += 1;
    const seen = (this.perTable.get(difference.table) ?? 0) + 1;
    this.perTable.set(difference.table, seen);
    if (seen <= this.keep) this.kept.push(difference);
  }
}

interface TableRows {
  readonly count: number;
  /** Rows by the loose text of their key; several only where the table has no primary key. */
  readonly byKey: Map<string, Row[]>;
}

async function readRows(pg: Client, schema: string, table: Table): Promise<TableRows> {
  const byKey = new Map<string, Row[]>();
  const keys = keyColumns(table);
  const names = table.columns.map((column) => quoted(column.name)).join(', ');
  const only = table.partitioned ? '' : 'only ';
  await pg.query(
    `declare oracle no scroll cursor for select ${names} from ${only}${quoted(schema)}.${quoted(table.name)}`,
  );
  let count = 0;
  for (;;) {
    const page = await pg.query<Array<string | null>>({ text: `fetch ${PAGE} from oracle`, rowMode: 'array' });
    for (const row of page.rows) {
      const key = keys.map((name) => looseKey(columnRule(table, row, name))).join('\u0001');
      const same = byKey.get(key);
      if (same === undefined) byKey.set(key, [row]);
      else same.push(row);
    }
    count += page.rows.length;
    if (page.rows.length < PAGE) break;
  }
  await pg.query('close oracle');
  return { count, byKey };
}

/** The primary key, else every column that is not JSON: enough to find a document's row. */
function keyColumns(table: Table): readonly string[] {
  if (table.primaryKey.length > 0) return table.primaryKey;
  return table.columns.filter(({ type }) => !['json', 'jsonb'].includes(type.name)).map(({ name }) => name);
}

async function readPairs(pg: Client, schema: string): Promise<Map<string, Pairs>> {
  const all = new Map<string, Pairs>();
  const present = new Set((await readCatalog(pg, schema)).map((table) => table.name));
  for (const { table, field, child, owner, key, value } of PAIR_FIELDS) {
    if (!present.has(child)) continue;
    const result = await pg.query<[string, string, string | null]>({
      text: `select ${quoted(owner)}, ${quoted(key)}, ${quoted(value)} from ${quoted(schema)}.${quoted(child)}`,
      rowMode: 'array',
    });
    const lists = new Map<string, Array<readonly [string, string | null]>>();
    for (const [id, pairKey, pairValue] of result.rows) {
      const list = lists.get(id);
      if (list === undefined) lists.set(id, [[pairKey, pairValue]]);
      else list.push([pairKey, pairValue]);
    }
    all.set(`${table}.${field}`, lists);
  }
  return all;
}

async function compareTable(
  db: Db,
  table: Table,
  rows: Map<string, Row[]>,
  pairs: ReadonlyMap<string, Pairs>,
  log: DifferenceLog,
): Promise<void> {
  const keys = keyColumns(table);
  const met = new Set<string>();
  const documents = db
    .collection(table.name)
    .find({}, { promoteValues: false, promoteLongs: false, promoteBuffers: false, batchSize: PAGE });
  for await (const document of documents) {
    const key = keys.map((name) => looseKeyOf(document[name])).join('\u0001');
    const candidates = rows.get(key);
    if (candidates === undefined || candidates.length === 0) {
      const kind = met.has(key) ? 'duplicate' : 'unexpected';
      log.add({ table: table.name, kind, key: label(keys, key), actual: `_id ${clip(document['_id'])}` });
      continue;
    }
    const found = candidates.map((row) => compareDocument(table, row, document, pairs));
    const best = Math.max(
      0,
      found.findIndex((differences) => differences.length === 0),
    );
    for (const difference of found[best] ?? []) log.add({ ...difference, key: label(keys, key) });
    candidates.splice(best, 1);
    met.add(key);
  }
  for (const [key, left] of rows) {
    for (const _row of left) log.add({ table: table.name, kind: 'missing', key: label(keys, key) });
  }
}

function compareDocument(
  table: Table,
  row: Row,
  document: Document,
  pairs: ReadonlyMap<string, Pairs>,
): Array<Omit<Difference, 'key'>> {
  const differences: Array<Omit<Difference, 'key'>> = [];
  const rules = fieldRules(table, row, pairs);
  const id: unknown = document['_id'];
  const wantedId = namedId(table, row);
  if (wantedId !== undefined && id !== wantedId) {
    differences.push({ table: table.name, kind: 'id', expected: clip(wantedId), actual: clip(id) });
  } else if (wantedId === undefined && !isSmallId(id)) {
    differences.push({ table: table.name, kind: 'id', expected: 'at most 100 bytes, from the key', actual: clip(id) });
  }
  for (const [field, rule] of rules) {
    if (field === '_id') continue;
    const actual: unknown = document[field];
    if (!(field in document) || !obeys(rule, actual)) {
      differences.push({ table: table.name, kind: 'field', field, expected: describe(rule), actual: clip(actual) });
    }
  }
  for (const field of Object.keys(document)) {
    if (field === '_id' || rules.has(field)) continue;
    differences.push({
      table: table.name,
      kind: 'field',
      field,
      expected: 'no such field',
      actual: clip(document[field]),
    });
  }
  return differences;
}

function obeys(rule: FieldRule, actual: unknown): boolean {
  if (rule.kind === 'value') return matches(rule.expected, actual);
  if (!Array.isArray(actual) || actual.length !== rule.pairs.length) return false;
  const wanted = rule.pairs.map((pair) => JSON.stringify(pair)).sort();
  const found = actual.map((item: unknown) => {
    const entry = item as Record<string, unknown> | null;
    const isPair = entry !== null && Object.keys(entry).length === 2 && 'key' in entry && 'value' in entry;
    return isPair ? JSON.stringify([entry['key'], entry['value']]) : 'not a pair';
  });
  if (rule.sorted) {
    const names = actual.map((item: { key: string }) => item.key);
    // Sorted by bytes or by UTF-16 units: the page does not say which.
    const byUnits = names.every((name, index) => index === 0 || (names[index - 1] ?? '') <= name);
    const byBytes = names.every(
      (name, i) => i === 0 || Buffer.compare(Buffer.from(names[i - 1] ?? ''), Buffer.from(name)) <= 0,
    );
    if (!byUnits && !byBytes) return false;
  }
  return found.sort().every((item, index) => item === wanted[index]);
}

function isSmallId(id: unknown): boolean {
  if (id === null || id === undefined || bsonType(id) === 'ObjectId') return false;
  if (typeof id === 'string') return Buffer.byteLength(id) <= 100;
  return bsonType(id) !== 'Binary' || (id as { length(): number }).length() <= 100;
}

async function compareRevision(
  pg: Client,
  db: Db,
  schema: string,
  collections: ReadonlySet<string>,
  log: DifferenceLog,
): Promise<void> {
  const table = 'alembic_version';
  const { rows } = await pg.query<{ version_num: string }>(`select version_num from ${quoted(schema)}.alembic_version`);
  const documents = await db.collection('_migration').find().toArray();
  for (const { version_num: revision } of rows) {
    const found = documents.filter((document) => JSON.stringify(document).includes(JSON.stringify(revision)));
    if (found.length === 0) log.add({ table, kind: 'missing', key: `version_num=${revision}` });
  }
  if (collections.has(table)) log.add({ table, kind: 'collection', key: '', actual: 'a collection of its own' });
}

function label(keys: readonly string[], key: string): string {
  const values = key.split('\u0001');
  return keys.map((name, index) => `${name}=${clipText(values[index] ?? '')}`).join(', ');
}

function describe(rule: FieldRule): string {
  if (rule.kind === 'pairs') return `${rule.pairs.length} pairs ${clipText(JSON.stringify(rule.pairs))}`;
  return describeExpected(rule.expected);
}

function describeExpected(expected: Expected): string {
  if (expected.kind === 'any') return expected.of.map(describeExpected).join(' or ');
  if (expected.kind === 'json') return `document ${clipText(JSON.stringify(expected.node))}`;
  return `${expected.kind} ${clipText(looseKey(expected))}`;
}

function clip(value: unknown): string {
  if (value === undefined) return 'missing';
  return `${bsonType(value)} ${clipText(looseKeyOf(value) === 'json' ? JSON.stringify(value) : looseKeyOf(value))}`;
}

function clipText(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
