import { BSON_TYPE, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import type { ChildDefinition, SchemaNote } from '../layout.ts';
import { wholeRelation } from '../rows/relations.ts';
import { REGISTRY_PAIR, writeInt64, writePairs, writeSmallInteger, writeText, writeTextOr } from './fields.ts';
import {
  ChildList,
  childRows,
  type LayoutPart,
  NO_PART,
  orphans,
  pairChild,
  pluginIndex,
  rootRows,
} from './layoutPart.ts';
import type { LayoutSource } from './layoutSource.ts';
import { hashedObjectId, writeObjectId } from './objectIds.ts';
import { Selection } from './selection.ts';

const NAME = fieldName('name');
const CREATED = fieldName('creation_timestamp');
const UPDATED = fieldName('last_updated_timestamp');
const DESCRIPTION = fieldName('description');
const TAGS = fieldName('tags');
const ALIASES = fieldName('aliases');
const ALIAS = fieldName('alias');
const VERSION = fieldName('version');
const DEPLOYMENT_JOB_ID = fieldName('deployment_job_id');
const VERSION_COUNTER = fieldName('version_counter');
const REGISTERED_MODEL_ID = fieldName('registered_model_id');
const USER_ID = fieldName('user_id');
const CURRENT_STAGE = fieldName('current_stage');
const SOURCE = fieldName('source');
const STORAGE_LOCATION = fieldName('storage_location');
const RUN_ID = fieldName('run_id');
const RUN_LINK = fieldName('run_link');
const STATUS = fieldName('status');
const STATUS_MESSAGE = fieldName('status_message');
const MODEL_ID = fieldName('model_id');

/** The registered model's ObjectId: versions refer to it. */
export function modelObjectId(name: string): Uint8Array {
  return hashedObjectId([name]);
}

/** The ObjectId of a model's version. */
export function versionObjectId(name: string, version: string): Uint8Array {
  return hashedObjectId([name, version]);
}

/** Columns that name a registered model: with the workspace from 3.10 on. */
function modelKey(source: LayoutSource, ...tables: readonly string[]): string[] {
  return tables.every((table) => source.has(table, 'workspace')) ? ['workspace', 'name'] : ['name'];
}

/** Registered models with tags, aliases and the number of their last version. */
export function registeredModelsPart(source: LayoutSource): LayoutPart {
  if (!source.has('registered_models', 'name')) return NO_PART;
  const columns = new Selection(source, 'registered_models');
  const name = columns.text('name');
  const created = columns.int64('creation_time');
  const updated = columns.int64('last_updated_time');
  const description = columns.text('description');
  columns.alsoUses('workspace');
  const children = new ChildList();
  const key = modelKey(source, 'registered_models');
  const tagKey = modelKey(source, 'registered_models', 'registered_model_tags');
  const tagTable = { table: 'registered_model_tags', link: tagKey, parentLink: tagKey, key: 'key', value: 'value' };
  const aliasKey = modelKey(source, 'registered_models', 'registered_model_aliases');
  const tags = children.add(pairChild(source, tagTable));
  const aliases = children.add(aliasChild(source, aliasKey));
  const last = children.add(lastVersion(source, modelKey(source, 'registered_models', 'model_versions')));
  const notes: SchemaNote[] = columns.notes();
  return {
    collections: [
      {
        collection: 'registered_models',
        ...rootRows(source, columns, 'registered_models', key),
        children: children.definitions,
        indexes: [
          pluginIndex('registered_models_name_unique', [['name', 1]], true),
          pluginIndex('registered_models_tags_key_value', [
            ['tags.key', 1],
            ['tags.value', 1],
          ]),
        ],
        references: [],
        encode: (out, row, rows) => {
          const start = out.begin();
          writeObjectId(out, ID_FIELD, modelObjectId(row.text(name)));
          writeText(out, NAME, row, name);
          writeInt64(out, CREATED, row, created);
          writeInt64(out, UPDATED, row, updated);
          writeText(out, DESCRIPTION, row, description);
          writePairs(out, TAGS, REGISTRY_PAIR, childRows(rows, tags));
          const array = out.beginField(BSON_TYPE.array, ALIASES);
          childRows(rows, aliases).forEach((alias, index) => {
            const document = out.beginField(BSON_TYPE.document, indexName(index));
            writeText(out, ALIAS, alias, 0);
            writeSmallInteger(out, VERSION, alias.integer(1));
            out.end(document);
          });
          out.end(array);
          out.null(DEPLOYMENT_JOB_ID);
          writeSmallInteger(out, VERSION_COUNTER, childRows(rows, last)[0]?.integer(0) ?? 0n);
          out.end(start);
        },
      },
      ...orphans(source, tagTable, { table: 'registered_models', link: tagKey }, notes),
      ...orphans(
        source,
        { table: 'registered_model_aliases', link: aliasKey },
        { table: 'registered_models', link: aliasKey },
        notes,
      ),
    ],
    notes,
    tables: [
      'registered_models',
      ...(tags < 0 ? [] : ['registered_model_tags']),
      ...(aliases < 0 ? [] : ['registered_model_aliases']),
    ],
  };
}

/** Model versions, the deleted ones too: they hold their numbers. */
export function modelVersionsPart(source: LayoutSource): LayoutPart {
  if (!source.has('model_versions', 'name', 'version')) return NO_PART;
  const columns = new Selection(source, 'model_versions');
  const name = columns.text('name');
  const version = columns.int64('version');
  const created = columns.int64('creation_time');
  const updated = columns.int64('last_updated_time');
  const description = columns.text('description');
  const userId = columns.text('user_id');
  const stage = columns.text('current_stage');
  const sourceUri = columns.text('source');
  const storageLocation = columns.text('storage_location');
  const runId = columns.text('run_id');
  const runLink = columns.text('run_link');
  const status = columns.text('status');
  const statusMessage = columns.text('status_message');
  columns.alsoUses('workspace');
  const children = new ChildList();
  const key = [...modelKey(source, 'model_versions'), 'version'];
  const tagKey = [...modelKey(source, 'model_versions', 'model_version_tags'), 'version'];
  const tagTable = { table: 'model_version_tags', link: tagKey, parentLink: tagKey, key: 'key', value: 'value' };
  const tags = children.add(pairChild(source, tagTable));
  const notes: SchemaNote[] = columns.notes();
  return {
    collections: [
      {
        collection: 'model_versions',
        ...rootRows(source, columns, 'model_versions', key),
        children: children.definitions,
        indexes: [
          pluginIndex(
            'model_versions_registered_model_id_version_unique',
            [
              ['registered_model_id', 1],
              ['version', 1],
            ],
            true,
          ),
          pluginIndex('model_versions_registered_model_stage_version', [
            ['registered_model_id', 1],
            ['current_stage', 1],
            ['version', -1],
          ]),
          pluginIndex('model_versions_tags_key_value', [
            ['tags.key', 1],
            ['tags.value', 1],
          ]),
        ],
        references: [
          {
            fields: ['registered_model_id'],
            collection: 'registered_models',
            referencedFields: ['_id'],
            isIndexed: true,
            source: {
              table: 'model_versions',
              columns: modelKey(source, 'model_versions', 'registered_models'),
              referencedTable: 'registered_models',
              referencedColumns: modelKey(source, 'model_versions', 'registered_models'),
            },
          },
        ],
        encode: (out, row, rows) => {
          const modelName = row.text(name);
          const number = row.integer(version) ?? 0n;
          const start = out.begin();
          writeObjectId(out, ID_FIELD, versionObjectId(modelName, String(number)));
          writeObjectId(out, REGISTERED_MODEL_ID, modelObjectId(modelName));
          writeSmallInteger(out, VERSION, number);
          writeInt64(out, CREATED, row, created);
          writeInt64(out, UPDATED, row, updated);
          writeText(out, DESCRIPTION, row, description);
          writeText(out, USER_ID, row, userId);
          writeTextOr(out, CURRENT_STAGE, row, stage, 'None');
          writeText(out, SOURCE, row, sourceUri);
          writeText(out, STORAGE_LOCATION, row, storageLocation);
          writeText(out, RUN_ID, row, runId);
          writeText(out, RUN_LINK, row, runLink);
          writeTextOr(out, STATUS, row, status, 'READY');
          writeText(out, STATUS_MESSAGE, row, statusMessage);
          writePairs(out, TAGS, REGISTRY_PAIR, childRows(rows, tags));
          out.null(MODEL_ID);
          out.end(start);
        },
      },
      ...orphans(source, tagTable, { table: 'model_versions', link: tagKey }, notes),
    ],
    notes,
    tables: ['model_versions', ...(tags < 0 ? [] : ['model_version_tags'])],
  };
}

/** Rows: alias, version (2.3 on). */
function aliasChild(source: LayoutSource, key: readonly string[]): ChildDefinition | null {
  if (!source.has('registered_model_aliases', 'name', 'alias', 'version')) return null;
  const link = key.map((column) => `t."${column}"`);
  return {
    table: 'registered_model_aliases',
    from: `${source.relation('registered_model_aliases')} t`,
    select: ['t.alias::text', 't.version::int8'],
    where: null,
    link,
    parentLink: link,
    orderBy: null,
    isCounted: true,
  };
}

/** One row: the greatest version there is, deleted ones too: SQL numbers the next one after it. */
function lastVersion(source: LayoutSource, key: readonly string[]): ChildDefinition | null {
  if (!source.has('model_versions', 'name', 'version')) return null;
  const columns = key.map((column) => `v."${column}"`).join(', ');
  const link = key.map((column) => `t."${column}"`);
  return {
    table: 'model_versions',
    from: `(select ${columns}, max(v.version) as version from ${wholeRelation(source.schema, 'model_versions')} v group by ${columns}) t`,
    select: ['t.version::int8'],
    where: null,
    link,
    parentLink: link,
    orderBy: link,
    isCounted: false,
  };
}
