import type { Table } from './catalog.ts';
import { type Expected, expectedOf, jsonOf, NULL } from './expected.ts';

/** A row as PostgreSQL's texts, in the order of the table's columns. */
export type Row = ReadonlyArray<string | null>;

/** `[{key, value}]` lists by owner's id, from the tag and parameter tables that the page folds into their owners. */
export type Pairs = ReadonlyMap<string, ReadonlyArray<readonly [string, string | null]>>;

/** A rule for one field of a document: a value, or a list of pairs in a stated or in any order. */
export type FieldRule =
  | { readonly kind: 'value'; readonly expected: Expected }
  | {
      readonly kind: 'pairs';
      readonly pairs: ReadonlyArray<readonly [string, string | null]>;
      readonly sorted: boolean;
    };

/** The page's child tables of pairs: owner table, field, child table and its columns. */
export const PAIR_FIELDS = [
  { table: 'experiments', field: 'tags', child: 'experiment_tags', owner: 'experiment_id', key: 'key', value: 'value' },
  {
    table: 'logged_models',
    field: 'tags',
    child: 'logged_model_tags',
    owner: 'model_id',
    key: 'tag_key',
    value: 'tag_value',
  },
  {
    table: 'logged_models',
    field: 'params',
    child: 'logged_model_params',
    owner: 'model_id',
    key: 'param_key',
    value: 'param_value',
  },
] as const;

/** Text columns that MLflow fills with `json.dumps` or with a proto's JSON. The page leaves open how many of them a migrator knows. */
const JSON_TEXTS: ReadonlySet<string> = new Set([
  'assessments.assessment_metadata',
  'assessments.error',
  'assessments.value',
  'datasets.dataset_profile',
  'datasets.dataset_schema',
  'datasets.dataset_source',
  'endpoints.fallback_config_json',
  'evaluation_datasets.profile',
  'evaluation_datasets.schema',
  'guardrail_configs.config',
  'guardrails.config',
  'issues.categories',
  'issues.metadata',
  'issues.root_causes',
  'jobs.params',
  'jobs.result',
  'label_schemas.input_config',
  'scorer_versions.serialized_scorer',
  'secrets.auth_config',
  'secrets.masked_value',
  'spans.content',
  'spans.dimension_attributes',
]);

const RUN_STATUS: Readonly<Record<string, string>> = {
  '1': 'RUNNING',
  '2': 'SCHEDULED',
  '3': 'FINISHED',
  '4': 'FAILED',
  '5': 'KILLED',
};

/** What each field of a row's document must be: the columns first, then the fields that the page adds. */
export function fieldRules(table: Table, row: Row, pairs: ReadonlyMap<string, Pairs>): Map<string, FieldRule> {
  const rules = new Map<string, FieldRule>();
  const set = (name: string, expected: Expected) => rules.set(name, { kind: 'value', expected });
  for (const column of table.columns) set(column.name, columnRule(table, row, column.name));
  const add = (name: string, from: string) => {
    if (!rules.has(name) && has(table, from)) set(name, columnRule(table, row, from));
  };
  if (table.name === 'runs') add('run_name', 'name');
  if (table.name === 'registered_models' || table.name === 'model_versions') {
    for (const [one, other] of [
      ['creation_timestamp', 'creation_time'],
      ['last_updated_timestamp', 'last_updated_time'],
    ] as const) {
      add(one, other);
      add(other, one);
    }
    if (!rules.has('tags')) set('tags', { kind: 'array', items: [] });
  }
  if (table.name === 'logged_models') {
    add('creation_time', 'creation_timestamp_ms');
    add('last_update_time', 'last_updated_timestamp_ms');
  }
  for (const { table: owner, field, child, owner: ownerColumn } of PAIR_FIELDS) {
    if (owner !== table.name || rules.has(field)) continue;
    const id = textOf(table, row, ownerColumn) ?? '';
    const list = pairs.get(`${owner}.${field}`)?.get(id) ?? [];
    rules.set(field, { kind: 'pairs', pairs: list, sorted: child === 'experiment_tags' });
  }
  return rules;
}

/** What one column of a row must have become. */
export function columnRule(table: Table, row: Row, name: string): Expected {
  const index = columnIndex(table, name);
  const column = index === undefined ? undefined : table.columns[index];
  if (column === undefined) throw new Error(`${table.name} has no column ${name}`);
  const text = row[index as number] ?? null;
  if (text === null) return NULL;
  if (name === 'experiment_id' && (table.name === 'experiments' || table.name === 'runs')) return string(text);
  if (name === 'status' && table.name === 'runs') return string(RUN_STATUS[text] ?? text);
  if (name === 'value' && column.type.name.startsWith('float') && isNan(table, row))
    return { kind: 'double', value: Number.NaN };
  if (TEXT_TYPES.has(column.type.name) && JSON_TEXTS.has(`${table.name}.${name}`)) {
    return { kind: 'any', of: [string(text), jsonOf(text)] };
  }
  return expectedOf(text, column.type);
}

const TEXT_TYPES: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar']);

function isNan(table: Table, row: Row): boolean {
  const flag = textOf(table, row, 'is_nan');
  return flag === 't' || flag === 'true' || flag === '1';
}

/**
 * The `_id` where the page names it, `undefined` where it says only "derived from the key, at most 100 bytes".
 * A registered model whose name holds a colon is left open, as `workspace:name` could then be read two ways.
 */
export function namedId(table: Table, row: Row): string | undefined {
  if (table.name === 'experiments') return textOf(table, row, 'experiment_id') ?? undefined;
  let id: string | undefined;
  if (table.name === 'registered_models') {
    const name = textOf(table, row, 'name') ?? '';
    const workspace = textOf(table, row, 'workspace') ?? 'default';
    if (name.includes(':')) return undefined;
    id = workspace === 'default' ? name : `${workspace}:${name}`;
  } else if (table.primaryKey.length === 1) {
    const [key = ''] = table.primaryKey;
    const type = table.columns.find((column) => column.name === key)?.type.name ?? '';
    if (type === 'uuid' || TEXT_TYPES.has(type)) id = textOf(table, row, key) ?? undefined;
  }
  return id === undefined || Buffer.byteLength(id) > 512 || /[/\\]/.test(id) ? undefined : id;
}

function textOf(table: Table, row: Row, name: string): string | null {
  const index = columnIndex(table, name);
  return index === undefined ? null : (row[index] ?? null);
}

function has(table: Table, name: string): boolean {
  return columnIndex(table, name) !== undefined;
}

const COLUMN_INDEXES = new WeakMap<Table, ReadonlyMap<string, number>>();

function columnIndex(table: Table, name: string): number | undefined {
  let indexes = COLUMN_INDEXES.get(table);
  if (indexes === undefined) {
    indexes = new Map(table.columns.map((column, index) => [column.name, index]));
    COLUMN_INDEXES.set(table, indexes);
  }
  return indexes.get(name);
}

function string(value: string): Expected {
  return { kind: 'string', value };
}
