import { quoteIdentifier } from '../../../quoteSql.ts';
import type { KeyedWrites, LaterWrites, NewestQuestion } from '../layout.ts';
import { assessmentObjectId } from './assessments.ts';
import type { LayoutSource } from './layoutSource.ts';
import { modelObjectId, versionObjectId } from './registry.ts';

/** Python's small integers are int32, where a migration always writes int64. */
const SMALL = { $type: 'int' };

/**
 * What the store plugin has written since a migration, as far as its documents tell (mlflow-mongodb 0.1.0b2): its ids are
 * not derived from keys, and its numbers are of other types. Each question is exact: what it finds no migration has
 * written. What none of them finds stands in docs/after-migration.md.
 */
export const LATER_WRITES: readonly LaterWrites[] = [
  // The plugin makes ids of 39 digits; those of SQL have 19 at most.
  { collection: 'experiments', filter: { _id: { $regex: '^[0-9]{20}' } } },
  // Restoring a run writes a null, where a migration leaves the field out.
  {
    collection: 'runs',
    filter: { $or: [{ 'metrics.step': SMALL }, { 'outputs.step': SMALL }, { deleted_time: { $type: 'null' } }] },
  },
  // A new trace has no revision, and spans that are added to an old one raise it.
  { collection: 'traces', filter: { span_revision: { $nin: [0] } } },
  // A model that was renamed keeps the id of its former name.
  keyed('registered_models', ['name'], ({ name }) => modelObjectId(String(name))),
  {
    ...keyed('model_versions', ['registered_model_id', 'version'], ({ version }, parent) =>
      parent === null ? null : versionObjectId(String(parent['name']), String(version)),
    ),
    parent: { field: 'registered_model_id', collection: 'registered_models', fields: ['name'] },
  },
  keyed('assessments', ['assessment_id'], ({ assessment_id: id }) => assessmentObjectId(String(id))),
  // Last, as it is by far the largest.
  { collection: 'run_metrics', filter: { step: SMALL } },
];

/**
 * What the plugin writes under ids and in types that are as any others: a new run without metrics, a logged model. All
 * other collections tell by {@link LATER_WRITES}.
 */
export function newestQuestions(source: LayoutSource): NewestQuestion[] {
  return [
    newestQuestion(source, 'runs', 'start_time', 'start_time'),
    newestQuestion(source, 'logged_models', 'creation_timestamp_ms', 'creation_timestamp'),
  ].flatMap((question) => (question === null ? [] : [question]));
}

function newestQuestion(source: LayoutSource, table: string, column: string, field: string): NewestQuestion | null {
  const type = source.find(table, [column])?.columns.find(({ name }) => name === column)?.type;
  if (type !== 'int8') return null;
  const sql = `select max(t.${quoteIdentifier(column)})::text as newest from ${source.relation(table)} t`;
  return { collection: table, field, isIndexed: false, sql };
}

/** Documents whose `_id` is another than `idOf` makes; null where it cannot tell. */
function keyed(
  collection: string,
  fields: readonly string[],
  idOf: (...documents: Parameters<KeyedWrites['isLater']>) => Uint8Array | null,
): KeyedWrites {
  return {
    collection,
    fields,
    isLater: (document, parent) => {
      const id = idOf(document, parent);
      return id !== null && String(document['_id']) !== Buffer.from(id).toString('hex');
    },
  };
}
