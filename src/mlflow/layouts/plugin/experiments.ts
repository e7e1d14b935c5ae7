import { fieldName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import type { SchemaNote } from '../layout.ts';
import { TRACKING_PAIR, writeIdText, writeInt64, writePairs, writeText, writeTextOr } from './fields.ts';
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
import { Selection } from './selection.ts';

const NAME = fieldName('name');
const ARTIFACT_LOCATION = fieldName('artifact_location');
const LIFECYCLE_STAGE = fieldName('lifecycle_stage');
const CREATION_TIME = fieldName('creation_time');
const LAST_UPDATE_TIME = fieldName('last_update_time');
const TAGS = fieldName('tags');

/** Experiments with their tags. */
export function experimentsPart(source: LayoutSource): LayoutPart {
  if (!source.has('experiments', 'experiment_id', 'name')) return NO_PART;
  const columns = new Selection(source, 'experiments');
  const id = columns.int64('experiment_id');
  const name = columns.text('name');
  const artifactLocation = columns.text('artifact_location');
  const stage = columns.text('lifecycle_stage');
  const created = columns.int64('creation_time');
  const updated = columns.int64('last_update_time');
  const children = new ChildList();
  const tagTable = {
    table: 'experiment_tags',
    link: ['experiment_id'],
    parentLink: ['experiment_id'],
    key: 'key',
    value: 'value',
  };
  const tags = children.add(pairChild(source, tagTable));
  const notes: SchemaNote[] = columns.notes();
  return {
    collections: [
      {
        collection: 'experiments',
        ...rootRows(source, columns, 'experiments', ['experiment_id']),
        children: children.definitions,
        indexes: [
          pluginIndex('experiments_name_unique', [['name', 1]], true),
          pluginIndex('experiments_lifecycle_creation_id', [
            ['lifecycle_stage', 1],
            ['creation_time', -1],
            ['_id', 1],
          ]),
        ],
        references: [],
        encode: (out, row, rows) => {
          const start = out.begin();
          writeIdText(out, ID_FIELD, row, id);
          writeText(out, NAME, row, name);
          writeTextOr(out, ARTIFACT_LOCATION, row, artifactLocation, '');
          writeTextOr(out, LIFECYCLE_STAGE, row, stage, 'active');
          writeInt64(out, CREATION_TIME, row, created);
          writeInt64(out, LAST_UPDATE_TIME, row, updated);
          writePairs(out, TAGS, TRACKING_PAIR, childRows(rows, tags));
          out.end(start);
        },
      },
      ...orphans(source, tagTable, { table: 'experiments', link: ['experiment_id'] }, notes),
    ],
    notes,
    tables: ['experiments', ...(tags < 0 ? [] : ['experiment_tags'])],
  };
}
