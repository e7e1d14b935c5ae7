import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';
import { buildLayout, carriedTables } from '../../mlflow/layouts/buildLayout.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import type { Returning } from '../../mlflow/layouts/plugin/back/returning.ts';
import { returnings } from '../../mlflow/layouts/plugin/back/returnings.ts';
import { PLUGIN_COLLECTIONS } from '../../mlflow/layouts/plugin/pluginCollections.ts';
import { BEFORE_USER_TAGS } from '../../mlflow/layouts/plugin/runs.ts';
import { LEFT_TABLES } from './queueRollups.ts';

/** A collection that speaks of a table: its documents are rows as in the layout `tables`, or become such by a mapping. */
export interface RowPlace {
  readonly collection: string;
  /** Null where the documents are rows already. */
  readonly returning: Returning | null;
}

/** A table that is brought back. */
export interface TablePlaces {
  /** How its rows are documents in the layout `tables`, by which rows and documents are compared. */
  readonly definition: CollectionDefinition;
  readonly places: readonly RowPlace[];
}

/** The tables that claimed collections of a layout speak of, and all collections that the layout has for this schema. Throws `config` where one cannot be brought back whole. */
export function placesOf(
  schema: SourceSchema,
  layout: string,
  claimed: ReadonlySet<string>,
  display: string,
): { readonly tables: readonly TablePlaces[]; readonly known: ReadonlySet<string> } {
  const { collections } = buildLayout(schema, { layout: 'tables', tables: null, workspace: null });
  if (layout === 'tables') {
    const tables = collections
      .filter(({ collection }) => claimed.has(collection))
      .map((definition) => ({ definition, places: [{ collection: definition.collection, returning: null }] }));
    return { tables, known: new Set(collections.map(({ collection }) => collection)) };
  }
  if (schema.revisions.includes(BEFORE_USER_TAGS)) {
    throw new MigrationError(
      'source-unsupported',
      `${display} is of a release before MLflow 1.0, for which a migration makes tags that no row has`,
      { hint: 'Upgrade the database (mlflow db upgrade), and migrate it again' },
    );
  }
  const written = buildLayout(schema, { layout: 'mlflow', tables: null, workspace: null });
  const standing = written.collections.filter(({ collection }) => claimed.has(collection));
  const places = new Map<string, RowPlace[]>();
  const add = (table: string, place: RowPlace) => void places.set(table, [...(places.get(table) ?? []), place]);
  const mapped = returnings(schema);
  const isMapped = (table: string, collection: string) =>
    mapped.some((returning) => returning.table === table && returning.collection === collection);
  for (const { collection, table } of standing)
    if (!PLUGIN_COLLECTIONS.has(collection) && !isMapped(table, collection) && !LEFT_TABLES.has(table))
      add(table, { collection, returning: null });
  for (const returning of mapped)
    if (claimed.has(returning.collection)) add(returning.table, { collection: returning.collection, returning });
  const lost = [...carriedTables({ ...written, collections: standing })].filter(
    (table) => !places.has(table) && !LEFT_TABLES.has(table),
  );
  if (lost.length > 0) {
    throw new MigrationError('config', `Nothing brings ${listNames(lost)} back into ${display}`, {
      hint: 'docs/way-back.md says what can be brought back',
    });
  }
  const partial = written.collections.filter(({ collection, table }) => places.has(table) && !claimed.has(collection));
  if (partial.length > 0) {
    const [names, of] = [partial.map(({ collection }) => collection), partial.map(({ table }) => table)];
    throw new MigrationError(
      'config',
      `${listNames(names)} were left out of the migration, and rows of ${listNames(of)} may stand there only: the way back would delete them in ${display}`,
      { hint: 'Migrate these tables too, and bring back then' },
    );
  }
  const tables = collections.flatMap((definition) => {
    const own = places.get(definition.table);
    return own === undefined ? [] : [{ definition, places: own }];
  });
  return { tables, known: new Set(written.collections.map(({ collection }) => collection)) };
}
