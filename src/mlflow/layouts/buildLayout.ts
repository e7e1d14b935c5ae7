import { LAYOUT_TRAITS, type LayoutName } from '../../contract/layoutName.ts';
import type { LayoutOptions } from '../../contract/plan.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { choosesAll, isChosen } from '../../contract/tableChoice.ts';
import { didYouMean } from '../../didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import { tableReferences } from '../schema/tableReferences.ts';
import type { CollectionDefinition, LayoutBuilder, LayoutDefinition, SchemaNote } from './layout.ts';
import { buildMlflowLayout } from './plugin/buildMlflowLayout.ts';
import { RowChoice } from './rows/rowChoice.ts';
import { buildTablesLayout } from './tables/buildTablesLayout.ts';
import { withUniqueIndexes } from './withUniqueIndexes.ts';

/** The layouts there are, by the names that users give. */
const LAYOUTS: Readonly<Record<LayoutName, LayoutBuilder>> = {
  tables: buildTablesLayout,
  mlflow: buildMlflowLayout,
};

/** Collection definitions of the chosen layout. Throws `config` for a table that the source has not, and for shard keys of nothing. */
export function buildLayout(schema: SourceSchema, options: LayoutOptions): LayoutDefinition {
  const names = schema.tables.map((table) => table.name);
  const unknown = [...(options.tables ?? []), ...(options.exclude ?? [])].filter((table) => !names.includes(table));
  if (unknown.length > 0) {
    const guesses = unknown.map((table) => {
      const meant = didYouMean(table, names);
      return `${table}${meant === null ? '' : ` (did you mean ${meant}?)`}`;
    });
    throw new MigrationError('config', `The source has no table ${guesses.join(', ')}`, {
      hint: `Its tables are: ${names.join(', ')}`,
    });
  }
  // A start request says so itself; one that an earlier release has taken may not.
  if (options.workspace !== null && !LAYOUT_TRAITS[options.layout].choosesWorkspace) {
    throw new MigrationError('config', `The layout ${options.layout} carries all workspaces, and none of them alone`, {
      hint: 'Choose no workspace, or the layout mlflow',
    });
  }
  const rows = new RowChoice(schema, options);
  assertHangOnExperiments(options, rows);
  const layout = LAYOUTS[options.layout](schema, options);
  const carried = carriedTables(layout);
  assertLeftOut(options, carried, layout);
  if (layout.collections.length === 0 && (options.exclude ?? []).length > 0) {
    throw new MigrationError('config', 'Nothing is left to carry: every table that is asked for is left out', {
      hint: 'Take a table from the list of those to exclude, or name others to carry',
    });
  }
  const shardKeys = options.shardKeys ?? {};
  assertShardKeys(schema, options, layout, shardKeys);
  return {
    ...layout,
    collections: layout.collections.map((definition) =>
      withUniqueIndexes(sharded(definition, shardKeys), options.uniqueIndexes ?? 'all'),
    ),
    notes: [
      ...layout.notes,
      ...(choosesAll(options) ? [] : outsideNotes(schema, carried)),
      ...copyNotes(schema, options, layout),
      ...leftOutNotes(schema, options, layout, rows),
    ],
  };
}

/** Tables whose rows stand in the documents of a layout. */
export function carriedTables({ collections }: LayoutDefinition): ReadonlySet<string> {
  return new Set(collections.flatMap((definition) => tablesIn(definition)));
}

function tablesIn({ table, children }: CollectionDefinition): string[] {
  return [table, ...children.flatMap((child) => (child.isCounted ? [child.table] : []))];
}

/** Refuses tables that are asked for by name, and of which no row comes with the chosen experiments. */
function assertHangOnExperiments({ tables }: LayoutOptions, rows: RowChoice): void {
  const strangers = (tables ?? []).filter((table) => rows.leavesOut(table));
  if (strangers.length === 0) return;
  throw new MigrationError(
    'config',
    `No row of ${listNames(strangers)} comes with chosen experiments: nothing leads from there to an experiment`,
    { hint: 'Take the name from the list of tables, or choose no experiments' },
  );
}

/** Tables of which no row comes with the chosen experiments. */
function leftOutNotes(
  schema: SourceSchema,
  options: LayoutOptions,
  { markerTables }: LayoutDefinition,
  rows: RowChoice,
): SchemaNote[] {
  return schema.tables
    .filter(({ name }) => isChosen(options, name) && !markerTables.has(name) && rows.leavesOut(name))
    .map(({ name }) => ({
      table: name,
      message: `${name} is left out: none of its rows hangs on an experiment, and none of those that come refers to it`,
    }));
}

/** Refuses to leave out a table that stands in other tables' documents, which come whole. */
function assertLeftOut({ exclude = [] }: LayoutOptions, carried: ReadonlySet<string>, layout: LayoutDefinition): void {
  for (const table of exclude) {
    if (!carried.has(table)) continue;
    const holders = layout.collections.filter((definition) => tablesIn(definition).includes(table));
    const others = [...new Set(holders.flatMap((definition) => tablesIn(definition)))].filter(
      (name) => !exclude.includes(name),
    );
    throw new MigrationError(
      'config',
      `${table} cannot be left out: its rows stand in documents of ${holders.map(({ collection }) => collection).join(', ')}`,
      { hint: `Exclude ${others.join(', ')} too, or take ${table} from the list` },
    );
  }
}

/** Tables that are left out and of which copies stand in other tables' documents: readers look for them there. */
function copyNotes(schema: SourceSchema, options: LayoutOptions, layout: LayoutDefinition): SchemaNote[] {
  const { exclude = [] } = options;
  if (exclude.length === 0) return [];
  // Conditions on which rows are wanted name tables too, and copy nothing of them.
  const { experiments: _experiments, ...all } = options;
  const collections = new Set(layout.collections.map(({ collection }) => collection));
  const whole = LAYOUTS[options.layout](schema, { ...all, workspace: null });
  return exclude.flatMap((table) => {
    const relation = `${quoteIdentifier(schema.schema)}.${quoteIdentifier(table)}`;
    const holders = whole.collections.filter(
      ({ collection, from, children }) =>
        collections.has(collection) &&
        [from, ...children.flatMap((child) => ('from' in child ? [child.from] : []))].some((text) =>
          text.includes(relation),
        ),
    );
    const names = [...new Set(holders.map(({ collection }) => collection))];
    return names.length === 0
      ? []
      : [
          {
            table,
            message: `${table} has no collection, as it is left out, but its rows are copied into documents of ${listNames(names)} all the same: leave ${names.length === 1 ? 'that' : 'those'} out too where they must not get to the target`,
          },
        ];
  });
}

/** References of carried tables to tables that are not wanted this time: no check can look at them in the target. */
function outsideNotes(schema: SourceSchema, carried: ReadonlySet<string>): SchemaNote[] {
  return schema.tables.flatMap((table) => {
    if (!carried.has(table.name)) return [];
    const outside = tableReferences(schema, table).filter(({ referencedTable }) => !carried.has(referencedTable));
    return outside.map(({ columns, referencedTable }) => ({
      table: table.name,
      unseenReference: `${table.name} → ${referencedTable}`,
      message: `Whether ${columns.join(', ')} leads to a row of ${referencedTable} was not looked at: ${referencedTable} is not among the tables of this run`,
    }));
  });
}

/** Refuses shard keys of collections that the layout has not, also of tables that are not wanted this time. */
function assertShardKeys(
  schema: SourceSchema,
  options: LayoutOptions,
  layout: LayoutDefinition,
  shardKeys: Readonly<Record<string, string>>,
): void {
  const wanted = new Set(layout.collections.map(({ collection }) => collection));
  if (Object.keys(shardKeys).every((collection) => wanted.has(collection))) return;
  const whole = LAYOUTS[options.layout](schema, { ...options, tables: null });
  const names = whole.collections.map(({ collection }) => collection);
  for (const collection of Object.keys(shardKeys)) {
    if (names.includes(collection)) continue;
    const guess = didYouMean(collection, names);
    throw new MigrationError(
      'config',
      `shard_keys names the collection ${collection}, which the layout ${options.layout} does not have${guess === null ? '' : ` (did you mean ${guess}?)`}`,
      { hint: `Its collections are: ${names.join(', ')}` },
    );
  }
}

function sharded(definition: CollectionDefinition, shardKeys: Readonly<Record<string, string>>): CollectionDefinition {
  const shardKey = shardKeys[definition.collection];
  if (shardKey === undefined) return definition;
  const indexed = definition.indexes.flatMap(({ keys }) => keys.map(([field]) => field));
  const fields = ['_id', ...(definition.fields ?? indexed.filter((field) => !field.includes('.')))];
  if (fields.includes(shardKey)) return { ...definition, shardKey };
  const guess = didYouMean(shardKey, fields);
  throw new MigrationError(
    'config',
    `shard_keys names the field ${shardKey} for ${definition.collection}, which has no field of that name to be sharded by${guess === null ? '' : ` (did you mean ${guess}?)`}`,
    { hint: `It has: ${[...new Set(fields)].join(', ')}` },
  );
}
