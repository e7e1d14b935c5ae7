import { stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { isNothing, isText } from './documentFields.ts';
import { keyColumns, type ModelKey, modelsOf, objectIdOf, SEVERAL_WORKSPACES } from './modelKeys.ts';
import { guarded, pairsOf, REGISTRY_NAMES, unknownFields } from './returnedFields.ts';
import { rowOf } from './returnedRow.ts';
import type { Fields, Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning } from './returning.ts';

/** Columns by the field that says them. */
const COLUMNS: Readonly<Record<string, string>> = {
  version: 'version',
  creation_timestamp: 'creation_time',
  last_updated_timestamp: 'last_updated_time',
  description: 'description',
  user_id: 'user_id',
  current_stage: 'current_stage',
  source: 'source',
  storage_location: 'storage_location',
  run_id: 'run_id',
  run_link: 'run_link',
  status: 'status',
  status_message: 'status_message',
};
const KNOWN: ReadonlySet<string> = new Set(['registered_model_id', 'tags', 'model_id', ...Object.keys(COLUMNS)]);
/** Of a version of this stage both stores keep the numbers, and redact the rest alike. */
const DELETED_STAGE = 'Deleted_Internal';

/** Versions of models with their tags. */
export function modelVersionsBack(): Returning[] {
  return [versions, tags];
}

const versions: Returning = {
  table: 'model_versions',
  collection: 'model_versions',
  fields: null,
  unsaid: [],
  standsForNull: { current_stage: 'None', status: 'READY' },
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const rows: ReturnedRow[] = [];
    const columns = look.columns('model_versions');
    for (const { document, model } of await withModels(page, look, faults)) {
      const { shown, fields } = document;
      faults.push(...unknownFields(document, KNOWN));
      if (namesAnotherModel(fields))
        faults.push({
          shown,
          field: 'model_id',
          reason: 'MLflow on PostgreSQL has it in the source only, which names another',
        });
      const values = Object.fromEntries(Object.entries(COLUMNS).map(([field, column]) => [column, fields.get(field)]));
      // Releases without the column read the source.
      const { source } = values;
      const absent = source?.type === BSON_TYPE.string ? { storage_location: stringValue(source.value) } : {};
      rows.push({ shown, row: { ...keyColumns(look, 'model_versions', model), ...rowOf(columns, values, absent) } });
    }
    return { rows, faults };
  },
};

const tags: Returning = {
  table: 'model_version_tags',
  collection: 'model_versions',
  fields: ['registered_model_id', 'version', 'tags'],
  unsaid: [],
  standsForNull: { value: '' },
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const rows: ReturnedRow[] = [];
    for (const { document, model } of await withModels(page, look, [])) {
      const { shown, fields } = document;
      const owner = { ...keyColumns(look, 'model_version_tags', model), version: fields.get('version') ?? null };
      const found = guarded(faults, document, 'tags', () => pairsOf(fields.get('tags'), REGISTRY_NAMES)) ?? [];
      for (const { key, value } of found) rows.push({ shown, row: { ...owner, key, value } });
    }
    return { rows, faults };
  },
};

/** Versions with their models: a version's document has the id of its model, a row the name. */
async function withModels(
  page: readonly ReturnedDocument[],
  look: Lookup,
  faults: ReturnedFault[],
): Promise<readonly { readonly document: ReturnedDocument; readonly model: ModelKey }[]> {
  const ids = page.map(({ fields }) => objectIdOf(fields, 'registered_model_id'));
  const models = await modelsOf(
    look,
    ids.filter((id) => id !== null),
  );
  return page.flatMap((document, index) => {
    const model = models.get(ids[index] ?? '');
    if (model !== undefined && model.workspace !== null) return [{ document, model }];
    const reason = model === undefined ? 'there is no such registered model' : SEVERAL_WORKSPACES;
    faults.push({ shown: document.shown, field: 'registered_model_id', reason });
    return [];
  });
}

/** SQL has no column for the logged model that a version is of: it is seen in the source, where that names it. By REST, none is ''. */
function namesAnotherModel(fields: Fields): boolean {
  const model = fields.get('model_id');
  if (isNothing(model) || isText(model, '') || isText(fields.get('current_stage'), DELETED_STAGE)) return false;
  return model.type !== BSON_TYPE.string || !isText(fields.get('source'), `models:/${stringValue(model.value)}`);
}
