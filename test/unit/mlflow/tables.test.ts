import { BSON } from 'bson';
import { describe, expect, test } from 'vitest';
import type { LayoutOptions } from '../../../src/contract/plan.ts';
import type { SourceColumn, SourceSchema, SourceTable } from '../../../src/contract/sourceSchema.ts';
import { BsonWriter } from '../../../src/encoding/bsonWriter.ts';
import { RowView } from '../../../src/encoding/rowView.ts';
import { MigrationError } from '../../../src/errors.ts';
import { buildLayout } from '../../../src/mlflow/layouts/buildLayout.ts';
import type { CollectionDefinition } from '../../../src/mlflow/layouts/layout.ts';

const OPTIONS: LayoutOptions = { layout: 'tables', tables: null, workspace: null };

/** `name type` or `name type null`. */
function column(text: string): SourceColumn {
  const [name = '', type = 'text', nullable] = text.split(' ');
  return { name, type, typeClass: 'b', elementType: null, elementClass: null, notNull: nullable === undefined };
}

function table(name: string, columns: readonly string[], change: Partial<SourceTable> = {}): SourceTable {
  const key = change.key === undefined ? null : change.key;
  return {
    name,
    columns: columns.map(column),
    key,
    uniqueKeys: key === null ? [] : [key],
    foreignKeys: [],
    bytes: 0,
    leadingColumns: key === null ? [] : key.slice(0, 1),
    canSample: true,
    ...change,
  };
}

const schemaOf = (...tables: SourceTable[]): SourceSchema => ({
  schema: 'public',
  serverVersion: 180_000,
  revisions: [],
  tables,
});

function collectionOf(name: string, ...tables: SourceTable[]): CollectionDefinition {
  const found = buildLayout(schemaOf(...tables), OPTIONS).collections.find(({ collection }) => collection === name);
  if (found === undefined) throw new Error(`No collection ${name}`);
  return found;
}

/** Indexes as `a, -b (unique)`. */
const indexesOf = (definition: CollectionDefinition): string[] =>
  definition.indexes.map(({ keys, isUnique, presentFields }) => {
    const fields = keys.map(([field, direction]) => `${direction === -1 ? '-' : ''}${field}`).join(', ');
    return `${fields}${isUnique ? ' (unique)' : ''}${presentFields === undefined ? '' : ` where ${JSON.stringify(presentFields)}`}`;
  });

type Wire = string | bigint | number | boolean | null;

/** The document of a row; numbers are int4, bigints int8, as COPY sends them. */
function documentOf(
  definition: CollectionDefinition,
  values: readonly Wire[],
  children: RowView[][] = [],
): Record<string, unknown> {
  const out = new BsonWriter();
  definition.encode(out, rowOf(values), children);
  return BSON.deserialize(out.copyFrom(0), { promoteValues: false });
}

function rowOf(values: readonly Wire[]): RowView {
  const row = new RowView(values.length);
  const parts = values.map((value) => {
    if (value === null) return null;
    if (typeof value === 'string') return Buffer.from(value);
    if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0]);
    const bytes = Buffer.alloc(typeof value === 'bigint' ? 8 : 4);
    if (typeof value === 'bigint') bytes.writeBigInt64BE(value);
    else bytes.writeInt32BE(value);
    return bytes;
  });
  let at = 0;
  parts.forEach((part, index) => {
    row.fields[index * 2] = at;
    row.fields[index * 2 + 1] = part?.length ?? -1;
    at += part?.length ?? 0;
  });
  row.buffer = Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0)));
  return row;
}

const types = (document: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(document).map(([name, value]) => [
      name,
      `${(value as { _bsontype?: string } | null)?._bsontype ?? (Array.isArray(value) ? 'array' : typeof value)} ${String(value)}`,
    ]),
  );

const EXPERIMENTS = table(
  'experiments',
  [
    'experiment_id int4',
    'name text',
    'lifecycle_stage text null',
    'creation_time int8 null',
    'last_update_time int8 null',
  ],
  {
    key: ['experiment_id'],
    uniqueKeys: [['experiment_id'], ['name']],
  },
);
const RUNS = table(
  'runs',
  [
    'run_uuid text',
    'name text null',
    'status text null',
    'start_time int8 null',
    'lifecycle_stage text null',
    'experiment_id int4 null',
  ],
  {
    key: ['run_uuid'],
    foreignKeys: [{ columns: ['experiment_id'], referencedTable: 'experiments', referencedColumns: ['experiment_id'] }],
  },
);

describe('core tables', () => {
  test('experiments have their id as text, also as the field, and their tags sorted', () => {
    const tags = table('experiment_tags', ['key text', 'value text null', 'experiment_id int4'], {
      key: ['key', 'experiment_id'],
    });
    const definition = collectionOf('experiments', EXPERIMENTS, tags);
    expect(definition.select).toEqual(EXPERIMENTS.columns.map(({ name }) => `t."${name}"`));
    expect(definition.children).toMatchObject([
      {
        table: 'experiment_tags',
        link: ['t."experiment_id"'],
        orderBy: null,
        isCounted: false,
      },
    ]);
    const document = documentOf(definition, [7, 'n', null, 0n, null], [[rowOf(['a', '1']), rowOf(['b', null])]]);
    expect(types(document)).toMatchObject({
      _id: 'string 7',
      experiment_id: 'string 7',
      creation_time: 'Long 0',
      last_update_time: 'object null',
    });
    expect(document['tags']).toEqual([
      { key: 'a', value: '1' },
      { key: 'b', value: null },
    ]);
    expect(indexesOf(definition)).toEqual([
      'name (unique)',
      'creation_time',
      'experiment_id (unique)',
      'lifecycle_stage',
      'last_update_time',
    ]);
  });

  test('runs have run_name beside name, and the status by its name where an old schema has a number', () => {
    const definition = collectionOf('runs', EXPERIMENTS, RUNS);
    const document = documentOf(definition, ['r', 'n', '3', null, null, 12]);
    expect(types(document)).toEqual({
      _id: 'string r',
      run_uuid: 'string r',
      name: 'string n',
      status: 'string FINISHED',
      start_time: 'object null',
      lifecycle_stage: 'object null',
      experiment_id: 'string 12',
      run_name: 'string n',
    });
    expect(documentOf(definition, ['r', null, 'RUNNING', null, null, null])).toMatchObject({
      status: 'RUNNING',
      run_name: null,
      experiment_id: null,
    });
    expect(definition.references).toEqual([
      expect.objectContaining({
        fields: ['experiment_id'],
        collection: 'experiments',
        referencedFields: ['experiment_id'],
      }),
    ]);
    expect(indexesOf(definition)).toEqual([
      'experiment_id',
      'start_time',
      'status',
      'lifecycle_stage',
      'experiment_id, -start_time',
      'experiment_id, status',
      'run_uuid (unique)',
    ]);
  });

  test('a status that old schemas stored as an integer, and one that nobody knows', () => {
    const old = table('runs', ['run_uuid text', 'status int4 null'], { key: ['run_uuid'] });
    const names = [1, 2, 3, 4, 5, 6].map((status) => documentOf(collectionOf('runs', old), ['r', status])['status']);
    expect(names).toEqual(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED', '6']);
  });

  test('metrics are read run by run, and NaN stands where is_nan is true', () => {
    const metrics = table(
      'metrics',
      ['key text', 'value float8', 'timestamp int8', 'run_uuid text', 'step int8', 'is_nan bool'],
      {
        key: ['key', 'timestamp', 'step', 'run_uuid', 'value', 'is_nan'],
        leadingColumns: ['key', 'run_uuid'],
        foreignKeys: [{ columns: ['run_uuid'], referencedTable: 'runs', referencedColumns: ['run_uuid'] }],
      },
    );
    const definition = collectionOf('metrics', RUNS, metrics);
    expect(definition.orderBy[0]).toBe('t."run_uuid"');
    expect(definition.cutBy).toEqual(['t."run_uuid"', 't."key"', 't."timestamp"', 't."step"']);
    const zero = 0n; // Eight zero bytes are the double 0, too.
    const flagged = documentOf(definition, ['k', zero, 1n, 'r', 9007199254740993n, true]);
    expect(types(flagged)).toMatchObject({
      value: 'Double NaN',
      is_nan: 'boolean true',
      step: 'Long 9007199254740993',
    });
    expect(types(documentOf(definition, ['k', zero, 1n, 'r', 1n, false]))).toMatchObject({ value: 'Double 0' });
    expect(String(flagged['_id']).startsWith('r:k:1:9007199254740993:')).toBe(true);
    expect(indexesOf(definition)).toEqual([
      'run_uuid, key, step',
      'timestamp',
      'run_uuid, -timestamp',
      'run_uuid, key, timestamp',
    ]);
  });

  test("metrics whose key no index serves by run are read in the key's own order", () => {
    const metrics = table('metrics', ['key text', 'run_uuid text'], {
      key: ['key', 'run_uuid'],
      leadingColumns: ['key'],
    });
    const definition = collectionOf('metrics', metrics);
    expect(definition.orderBy).toEqual(['t."key"', 't."run_uuid"']);
    expect(documentOf(definition, ['k', 'r'])['_id']).toBe('r:k');
  });
});

describe('workspaces', () => {
  const models = table(
    'registered_models',
    ['workspace text', 'name text', 'creation_time int8 null', 'last_updated_time int8 null'],
    { key: ['workspace', 'name'] },
  );
  const definition = collectionOf('registered_models', models);

  test('a model is known by its name in the default workspace and by both elsewhere', () => {
    const idOf = (workspace: string, name: string) => documentOf(definition, [workspace, name, null, null])['_id'];
    expect(idOf('default', 'm')).toBe('m');
    expect(idOf('team-b', 'm')).toBe('team-b:m');
    const ids = [idOf('default', 'a:b'), idOf('a', 'b'), idOf('a:b', 'c'), idOf('a', 'b:c'), idOf('default', 'a:b:c')];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('uniqueness is of workspace and name, name alone has a plain index', () => {
    expect(indexesOf(definition)).toEqual([
      'workspace, name (unique)',
      'name',
      'creation_timestamp',
      'last_updated_timestamp',
    ]);
  });

  test('both names of both times, and no tags', () => {
    expect(types(documentOf(definition, ['default', 'm', 0n, 5n]))).toMatchObject({
      creation_time: 'Long 0',
      creation_timestamp: 'Long 0',
      last_updated_time: 'Long 5',
      last_updated_timestamp: 'Long 5',
      tags: 'array ',
    });
  });

  test('a version is a number that the store finds, unless it is none of 32 bits', () => {
    const versions = table('model_versions', ['name text', 'version int4'], { key: ['name', 'version'] });
    expect(types(documentOf(collectionOf('model_versions', versions), ['m', 3]))).toMatchObject({
      _id: 'string m:3',
      version: 'Int32 3',
    });
    const wide = table('model_versions', ['name text', 'version int8'], { key: ['name', 'version'] });
    expect(types(documentOf(collectionOf('model_versions', wide), ['m', 3n]))['version']).toBe('Int32 3');
    expect(types(documentOf(collectionOf('model_versions', wide), ['m', 2n ** 40n]))['version']).toBe(
      'Long 1099511627776',
    );
  });
});

describe('tables that nobody has heard of', () => {
  test('keep every column under its own name; a column _id stands in _id_, and the report says so', () => {
    const strange = table('Order "by"', ['Select text', '_id text null', 'größe.x int4 null'], { key: ['Select'] });
    const layout = buildLayout(schemaOf(strange), OPTIONS);
    const definition = layout.collections[0] as CollectionDefinition;
    expect(definition.from).toBe('"public"."Order ""by""" t');
    expect(documentOf(definition, ['k', 'own', 5])).toMatchObject({ _id: 'k', Select: 'k', _id_: 'own' });
    expect(types(documentOf(definition, ['k', 'own', 5]))['größe.x']).toBe('Int32 5');
    expect(layout.notes).toEqual([expect.objectContaining({ table: 'Order "by"', field: '_id' })]);
  });

  test('without a key are told apart by a digest of the row and a number', () => {
    const keyless = table('log', ['line text null']);
    const definition = collectionOf('log', keyless);
    expect(definition).toMatchObject({ isCutByDigest: true, cutBy: ['t."migration row hash" collate "C"'] });
    expect(definition.from).toContain('row_number() over (partition by (s.*)::text)');
    const ids = [1n, 2n].map((number) => documentOf(definition, ['same', 'abc123', number])['_id']);
    expect(ids).toEqual(['abc123:1', 'abc123:2']);
    expect(Object.keys(documentOf(definition, ['same', 'abc123', 1n]))).toEqual(['_id', 'line']);
    // A range is cut before equal rows are numbered, which have one digest: none of them is in another range.
    expect(definition.fromWithin?.(["'40000000'"], null)).toMatch(
      /^\(select .* s where sha256\(.*\) >= decode\('40000000', 'hex'\)\) t$/,
    );
    expect(definition.fromWithin?.(null, null)).toBe(definition.from);
  });

  test('that others inherit from are read without their heirs', () => {
    expect(collectionOf('p', table('p', ['id int4'], { key: ['id'], hasHeirs: true })).from).toBe(
      'only "public"."p" t',
    );
  });

  test('have an index on each foreign key, unique where SQL says so and NULLs may repeat', () => {
    const child = table('child', ['id int4', 'parent int4 null', 'twin text null', 'lost int4 null'], {
      key: ['id'],
      uniqueKeys: [['id'], ['twin']],
      foreignKeys: [
        { columns: ['parent'], referencedTable: 'p', referencedColumns: ['id'] },
        { columns: ['twin'], referencedTable: 'p', referencedColumns: ['name'] },
        { columns: ['lost'], referencedTable: 'not carried', referencedColumns: ['id'] },
      ],
    });
    const definition = collectionOf('child', table('p', ['id int4', 'name text'], { key: ['id'] }), child);
    expect(indexesOf(definition)).toEqual(['parent', 'twin (unique) where {"twin":"string"}']);
    expect(definition.references.map(({ collection }) => collection)).toEqual(['p', 'p']);
  });
});

test('a subset leaves the other tables and references to them out; alembic_version is never a collection', () => {
  const alembic = table('alembic_version', ['version_num text'], { key: ['version_num'] });
  const layout = buildLayout(schemaOf(EXPERIMENTS, RUNS, alembic), { ...OPTIONS, tables: ['runs', 'alembic_version'] });
  expect(layout.collections.map(({ collection, references }) => [collection, references])).toEqual([['runs', []]]);
});

test('tables that are left out are no collections, nor are references to them', () => {
  const layout = buildLayout(schemaOf(EXPERIMENTS, RUNS), { ...OPTIONS, exclude: ['experiments'] });
  expect(layout.collections.map(({ collection, references }) => [collection, references])).toEqual([['runs', []]]);
  expect(layout.notes.flatMap(({ unseenReference }) => unseenReference ?? [])).toEqual(['runs → experiments']);
});

test('a table that is left out while others hold copies of its rows is named with them', () => {
  const tags = table('experiment_tags', ['key text', 'value text null', 'experiment_id int4'], {
    key: ['key', 'experiment_id'],
  });
  const messages = (exclude: readonly string[]) =>
    buildLayout(schemaOf(EXPERIMENTS, RUNS, tags), { ...OPTIONS, exclude }).notes.flatMap((note) =>
      note.message.includes('copied into documents') ? [`${note.table}: ${note.message}`] : [],
    );
  expect(messages(['runs'])).toEqual([]);
  expect(messages(['experiment_tags', 'experiments'])).toEqual([]);
  expect(messages(['experiment_tags'])).toEqual([
    'experiment_tags: experiment_tags has no collection, as it is left out, but its rows are copied into documents of experiments all the same: leave that out too where they must not get to the target',
  ]);
});

test('leaving out all tables that are asked for is refused', () => {
  const asked = { ...OPTIONS, tables: ['runs'], exclude: ['runs'] };
  expect(() => buildLayout(schemaOf(EXPERIMENTS, RUNS), asked)).toThrow('Nothing is left to carry');
});

test('references that lead out of a subset are named in its notes, those inside and those of the whole are not', () => {
  const metrics = table('metrics', ['run_uuid text', 'key text', 'value float8'], { key: ['run_uuid', 'key'] });
  const schema = schemaOf(EXPERIMENTS, RUNS, metrics);
  const unseen = (tables: readonly string[] | null) =>
    buildLayout(schema, { ...OPTIONS, tables }).notes.flatMap(({ unseenReference }) => unseenReference ?? []);
  expect(unseen(['metrics'])).toEqual(['metrics → runs']);
  expect(unseen(['runs', 'metrics'])).toEqual(['runs → experiments']);
  expect(unseen(['experiments', 'runs', 'metrics'])).toEqual([]);
  expect(unseen(null)).toEqual([]);
});

test.each(['tables', 'exclude'])('a table that the source has not is a config error with a guess in %s', (list) => {
  expect(() => buildLayout(schemaOf(EXPERIMENTS, RUNS), { ...OPTIONS, [list]: ['run'] })).toThrow(
    new MigrationError('config', 'The source has no table run (did you mean runs?)', {
      hint: 'Its tables are: experiments, runs',
    }),
  );
});
