import { isNothing } from './documentFields.ts';
import { keyColumns, type ModelKey, objectIdOf, SEVERAL_WORKSPACES, withWorkspaces } from './modelKeys.ts';
import {
  assertKnown,
  guarded,
  itemsOf,
  membersOf,
  pairsOf,
  REGISTRY_NAMES,
  textOf,
  unknownFields,
} from './returnedFields.ts';
import { rowOf } from './returnedRow.ts';
import type { Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning } from './returning.ts';

const KNOWN: ReadonlySet<string> = new Set([
  'name',
  'creation_timestamp',
  'last_updated_timestamp',
  'description',
  'tags',
  'aliases',
  'deployment_job_id',
  // The number of the last version: SQL takes that of the rows.
  'version_counter',
]);

/** Registered models with their tags and aliases. */
export function registeredModelsBack(): Returning[] {
  return [models, tags, aliases];
}

const models: Returning = {
  table: 'registered_models',
  collection: 'registered_models',
  fields: null,
  unsaid: [],
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const rows: ReturnedRow[] = [];
    for (const document of page) {
      const { shown, fields } = document;
      faults.push(...unknownFields(document, KNOWN));
      if (!isNothing(fields.get('deployment_job_id')))
        faults.push({
          shown,
          field: 'deployment_job_id',
          reason: 'MLflow on PostgreSQL keeps no deployment job of a model',
        });
      if (look.columns('registered_model_aliases').size > 0) continue;
      if ((guarded(faults, document, 'aliases', () => itemsOf(fields.get('aliases'))) ?? []).length > 0)
        faults.push({ shown, field: 'aliases', reason: 'this release of MLflow has no table for it' });
    }
    for (const { document, key } of await keyed(page, look, faults)) {
      const { shown, fields } = document;
      const values = {
        creation_time: fields.get('creation_timestamp'),
        last_updated_time: fields.get('last_updated_timestamp'),
        description: fields.get('description'),
      };
      const columns = look.columns('registered_models');
      rows.push({ shown, row: { ...keyColumns(look, 'registered_models', key), ...rowOf(columns, values) } });
    }
    return { rows, faults };
  },
};

const tags: Returning = {
  table: 'registered_model_tags',
  collection: 'registered_models',
  fields: ['name', 'tags'],
  unsaid: [],
  standsForNull: { value: '' },
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const rows: ReturnedRow[] = [];
    for (const { document, key: model } of await keyed(page, look, [])) {
      const found = guarded(faults, document, 'tags', () => pairsOf(document.fields.get('tags'), REGISTRY_NAMES)) ?? [];
      const owner = keyColumns(look, 'registered_model_tags', model);
      for (const { key, value } of found) rows.push({ shown: document.shown, row: { ...owner, key, value } });
    }
    return { rows, faults };
  },
};

const aliases: Returning = {
  table: 'registered_model_aliases',
  collection: 'registered_models',
  fields: ['name', 'aliases'],
  unsaid: [],
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const rows: ReturnedRow[] = [];
    for (const { document, key } of await keyed(page, look, [])) {
      const owner = keyColumns(look, 'registered_model_aliases', key);
      const found = guarded(faults, document, 'aliases', () =>
        itemsOf(document.fields.get('aliases')).map((item) => {
          const members = membersOf(item);
          assertKnown(members, ['alias', 'version']);
          return { alias: members.get('alias') ?? null, version: members.get('version') ?? null };
        }),
      );
      for (const alias of found ?? []) rows.push({ shown: document.shown, row: { ...owner, ...alias } });
    }
    return { rows, faults };
  },
};

/** Documents of models with the key that their rows have. */
async function keyed(
  page: readonly ReturnedDocument[],
  look: Lookup,
  faults: ReturnedFault[],
): Promise<readonly { readonly document: ReturnedDocument; readonly key: ModelKey }[]> {
  const named = page.flatMap((document) => {
    const name = guarded([], document, 'name', () => textOf(document.fields.get('name')));
    if (name === null) faults.push({ shown: document.shown, field: 'name', reason: 'it has no name that is a text' });
    // Ids of another kind are those of no migration: such a model is known by its name alone.
    const id = objectIdOf(document.fields, '_id') ?? document.shown;
    return name === null ? [] : [{ document, id, name }];
  });
  const keys = await withWorkspaces(look, named);
  return named.flatMap(({ document, id }) => {
    const key = keys.get(id) as ModelKey;
    if (key.workspace === null) faults.push({ shown: document.shown, field: 'name', reason: SEVERAL_WORKSPACES });
    return key.workspace === null ? [] : [{ document, key }];
  });
}
