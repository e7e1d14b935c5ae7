import type { LayoutOptions } from '../../../contract/plan.ts';
import { findTable, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import { isChosen } from '../../../contract/tableChoice.ts';
import { columnReader } from '../../schema/columnReader.ts';
import { tableReferences } from '../../schema/tableReferences.ts';
import type { CollectionDefinition, LayoutDefinition, ReferenceDefinition, SchemaNote } from '../layout.ts';
import { withEntrance } from '../rows/withEntrance.ts';
import { MARKER_TABLES } from '../tables/buildTablesLayout.ts';
import { tableCollection } from '../tables/tableCollection.ts';
import { beginsWith, tableIndexes } from '../tables/tableIndexes.ts';
import { assessmentsPart } from './assessments.ts';
import { experimentsPart } from './experiments.ts';
import { LATER_WRITES, newestQuestions } from './laterWriteQuestions.ts';
import { layoutChecks } from './layoutChecks.ts';
import { DOCUMENT_KEYS, type LayoutPart } from './layoutPart.ts';
import { LayoutSource } from './layoutSource.ts';
import { loggedModelsPart } from './loggedModels.ts';
import { PLUGIN_COLLECTIONS } from './pluginCollections.ts';
import { modelVersionsPart, registeredModelsPart } from './registry.ts';
import { runMetricsPart } from './runMetrics.ts';
import { runsPart } from './runs.ts';
import { spansPart } from './spans.ts';
import { tracesPart } from './traces.ts';

/** Collections of the store plugin mlflow-mongodb by the builders of what stands in them. */
const PARTS: readonly ((source: LayoutSource, options: LayoutOptions) => LayoutPart)[] = [
  experimentsPart,
  runsPart,
  runMetricsPart,
  registeredModelsPart,
  modelVersionsPart,
  loggedModelsPart,
  tracesPart,
  spansPart,
  assessmentsPart,
];

/**
 * The `mlflow` layout: the documents that the store plugin mlflow-mongodb reads, by the rules of
 * mlflow-mongodb-layout.md, and what the plugin has no place for as in the `tables` layout beside them.
 */
export function buildMlflowLayout(schema: SourceSchema, options: LayoutOptions): LayoutDefinition {
  const source = new LayoutSource(schema, options, columnReader(schema, options.artifacts));
  const parts = PARTS.map((part) => part(source, options));
  const taken = new Set(parts.flatMap((part) => part.tables));
  const notes: SchemaNote[] = parts.flatMap((part) => part.notes);
  const others = schema.tables.filter(
    ({ name }) => !taken.has(name) && !MARKER_TABLES.has(name) && !source.rows.leavesOut(name),
  );
  const collections = [
    ...parts.flatMap((part) => part.collections),
    ...others.map((table) => ownCollection(source, table, others, notes)),
  ];
  const isWanted = (table: string) => isChosen(options, table);
  // A wanted table brings the whole document that it stands in.
  const wanted = collections.filter(
    ({ table, children }) => isWanted(table) || children.some((child) => child.isCounted && isWanted(child.table)),
  );
  const targets = new Set(wanted.map(({ collection }) => collection));
  return {
    collections: wanted.map((definition) => ({
      ...withEntrance(definition, source.rows),
      references: definition.references.filter((reference) => targets.has(reference.collection)),
    })),
    markerTables: MARKER_TABLES,
    notes: notes.filter(({ table }) => isWanted(table)),
    scopes: source.rows.scopes(MARKER_TABLES),
    checks: layoutChecks(source),
    laterWrites: LATER_WRITES,
    newest: newestQuestions(source).filter(({ collection }) => targets.has(collection)),
  };
}

/** A table that the plugin has no place for. */
function ownCollection(
  source: LayoutSource,
  table: SourceTable,
  others: readonly SourceTable[],
  notes: SchemaNote[],
): CollectionDefinition {
  const definition = tableCollection(source.rows, table, others, notes, source.read);
  const collection = PLUGIN_COLLECTIONS.has(table.name) ? `${table.name}_table` : table.name;
  notes.push({
    table: table.name,
    message: `The store plugin has no place for ${table.name}: its rows are in the collection ${collection}, as in the layout tables`,
  });
  return {
    ...definition,
    collection,
    references: [
      ...definition.references.filter((reference) => !PLUGIN_COLLECTIONS.has(reference.collection)),
      ...pluginReferences(source, table),
    ],
  };
}

/** Foreign keys to rows that stand in the plugin's documents under another name. */
function pluginReferences(source: LayoutSource, table: SourceTable): ReferenceDefinition[] {
  const indexes = tableIndexes(table, source.schema);
  return tableReferences(source.schema, table).flatMap(({ columns, referencedTable, referencedColumns }) => {
    const key = DOCUMENT_KEYS[referencedTable];
    if (key === undefined || columns.length !== 1 || referencedColumns[0] !== key[0]) return [];
    if (findTable(source.schema, referencedTable) === undefined) return [];
    return [
      {
        fields: columns,
        collection: key[1],
        referencedFields: ['_id'],
        isIndexed: indexes.some((index) => beginsWith(index, columns)),
        source: { table: table.name, columns, referencedTable, referencedColumns },
      },
    ];
  });
}
