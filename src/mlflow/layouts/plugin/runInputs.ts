import { BSON_TYPE, type BsonWriter, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { leftOut } from '../../../encoding/valueLoss.ts';
import type { CollectionDefinition, SchemaNote } from '../layout.ts';
import { TRACKING_PAIR, writeInt64OrZero, writeText, writeTextOr } from './fields.ts';
import { type ChildList, childRows, remainder } from './layoutPart.ts';
import type { LayoutSource } from './layoutSource.ts';

const INPUTS = fieldName('inputs');
const OUTPUTS = fieldName('outputs');
const DATASETS = fieldName('datasets');
const MODELS = fieldName('models');
const DATASET = fieldName('dataset');
const TAGS = fieldName('tags');
const NAME = fieldName('name');
const DIGEST = fieldName('digest');
const SOURCE_TYPE = fieldName('source_type');
const SOURCE = fieldName('source');
const SCHEMA = fieldName('schema');
const PROFILE = fieldName('profile');
const MODEL_ID = fieldName('model_id');
const STEP = fieldName('step');

/** What a run that is too large goes without: the only copies in it that the reader does not need, of what may have megabytes each. */
export const EXPENDABLE_INPUTS = ['inputs.datasets.#.dataset.profile', 'inputs.datasets.#.dataset.schema'];

/** No document of any target is larger: profiles that are more than this together are not even read. */
const LARGEST_DOCUMENT = 16 * 1024 * 1024;

/** What a run was given and what it made: places among the run's children, -1 where this release has no such thing. */
export interface RunInputs {
  /** Rows: input_uuid, name, digest, source type, source, schema, profile, bytes of the profile. */
  readonly datasets: number;
  /** Rows: input_uuid, key, value. */
  readonly datasetTags: number;
  /** Rows: model_id, of inputs; and model_id, step, of outputs. */
  readonly models: number;
  readonly outputs: number;
  /** Rows of these tables that belong to no run. */
  readonly collections: readonly CollectionDefinition[];
  readonly notes: readonly SchemaNote[];
  readonly tables: readonly string[];
}

const PROFILE_COLUMN = 'dataset_profile';
const INPUT_COLUMNS = ['input_uuid', 'source_type', 'source_id', 'destination_type', 'destination_id'];
const DATASET_COLUMNS = [
  'dataset_uuid',
  'name',
  'digest',
  'dataset_source_type',
  'dataset_source',
  'dataset_schema',
  PROFILE_COLUMN,
];

/** Adds the children that a run's inputs and outputs are read by: as MLflow's SQL store joins them. */
export function runInputs(source: LayoutSource, children: ChildList): RunInputs {
  const notes: SchemaNote[] = [];
  if (!source.has('inputs', ...INPUT_COLUMNS)) {
    return { datasets: -1, datasetTags: -1, models: -1, outputs: -1, collections: [], notes, tables: [] };
  }
  const inputs = `${source.relation('inputs')} t`;
  const hasDatasets = source.has('datasets', ...DATASET_COLUMNS);
  const hasTags = hasDatasets && source.has('input_tags', 'input_uuid', 'name', 'value');
  const join = `join ${source.relation('datasets')} d on d.dataset_uuid = t.source_id`;
  const isDataset = `t.destination_type = 'RUN'`;
  const byDestination = { where: isDataset, link: ['t.destination_id'], parentLink: ['t."run_uuid"'], isCounted: true };
  const datasets = children.add(
    hasDatasets
      ? {
          ...byDestination,
          table: 'inputs',
          from: `${inputs} ${join}`,
          select: [
            't.input_uuid::text',
            ...DATASET_COLUMNS.slice(1, -1).map((column) => `${source.read('datasets', column, 'd')}::text`),
            ...profileColumns(),
          ],
          orderBy: ['t.destination_id', 't.input_uuid'],
        }
      : null,
  );
  const datasetTags = children.add(
    hasTags
      ? {
          ...byDestination,
          table: 'input_tags',
          from: `${inputs} ${join} join ${source.relation('input_tags')} g on g.input_uuid = t.input_uuid`,
          select: ['t.input_uuid::text', 'g.name::text', 'g.value::text'],
          orderBy: ['t.destination_id', 't.input_uuid', 'g.name::text collate "C"'],
        }
      : null,
  );
  const bySource = {
    table: 'inputs',
    from: inputs,
    link: ['t.source_id'],
    parentLink: ['t."run_uuid"'],
    isCounted: true,
  };
  const step = source.has('inputs', 'step') ? 't.step::int8' : '0::int8';
  const isInput = `t.source_type = 'RUN_INPUT' and t.destination_type = 'MODEL_INPUT'`;
  const isOutput = `t.source_type = 'RUN_OUTPUT' and t.destination_type = 'MODEL_OUTPUT'`;
  const select = ['t.destination_id::text', step];
  const models = children.add({ ...bySource, where: isInput, select, orderBy: ['t.source_id', 't.destination_id'] });
  const outputs = children.add({
    ...bySource,
    where: isOutput,
    select,
    orderBy: ['t.source_id', step, 't.destination_id'],
  });
  const run = (column: string, alias: string) =>
    `exists (select from ${source.relation('runs')} r where r.run_uuid = ${alias}.${column})`;
  const dataset = (alias: string) =>
    `${alias}.destination_type = 'RUN' and ${run('destination_id', alias)}` +
    ` and exists (select from ${source.relation('datasets')} d where d.dataset_uuid = ${alias}.source_id)`;
  const embedded = [`((${isInput} or ${isOutput}) and ${run('source_id', 't')})`];
  if (hasDatasets) embedded.push(`(${dataset('t')})`);
  const collections = remainder(source, 'inputs', `not (${embedded.join(' or ')})`, notes);
  if (hasTags) {
    const isTaken = `exists (select from ${source.relation('inputs')} i where i.input_uuid = t.input_uuid and ${dataset('i')})`;
    collections.push(...remainder(source, 'input_tags', `not ${isTaken}`, notes));
  }
  return {
    datasets,
    datasetTags,
    models,
    outputs,
    collections,
    notes,
    // `datasets` gets a collection of its own all the same: a run's copy has neither its id nor its experiment.
    tables: hasTags ? ['inputs', 'input_tags'] : ['inputs'],
  };
}

/** A run's profiles, the smallest of them as long as a document may hold them together, so that no run takes more memory; and how large each is. */
function profileColumns(): string[] {
  const profile = `d.${PROFILE_COLUMN}::text`;
  const bytes = `octet_length(${profile})`;
  const together = `sum(${bytes}) over (partition by t.destination_id order by ${bytes}, t.input_uuid rows unbounded preceding)`;
  return [`case when ${together} <= ${LARGEST_DOCUMENT} then ${profile} end`, `${bytes}::int8`];
}

/** Writes the fields `inputs` and `outputs` of a run. */
export function writeRunInputs(out: BsonWriter, inputs: RunInputs, children: readonly (readonly RowView[])[]): void {
  const document = out.beginField(BSON_TYPE.document, INPUTS);
  const datasets = out.beginField(BSON_TYPE.array, DATASETS);
  const tagRows = childRows(children, inputs.datasetTags);
  childRows(children, inputs.datasets).forEach((row, index) => {
    writeDataset(out, index, row, tagRows);
  });
  out.end(datasets);
  const models = out.beginField(BSON_TYPE.array, MODELS);
  childRows(children, inputs.models).forEach((row, index) => {
    const model = out.beginField(BSON_TYPE.document, indexName(index));
    writeText(out, MODEL_ID, row, 0);
    out.end(model);
  });
  out.end(models);
  out.end(document);
  const outputs = out.beginField(BSON_TYPE.array, OUTPUTS);
  childRows(children, inputs.outputs).forEach((row, index) => {
    const model = out.beginField(BSON_TYPE.document, indexName(index));
    writeText(out, MODEL_ID, row, 0);
    writeInt64OrZero(out, STEP, row, 1);
    out.end(model);
  });
  out.end(outputs);
}

function writeDataset(out: BsonWriter, index: number, row: RowView, allTags: readonly RowView[]): void {
  const input = out.beginField(BSON_TYPE.document, indexName(index));
  const dataset = out.beginField(BSON_TYPE.document, DATASET);
  writeText(out, NAME, row, 1);
  writeText(out, DIGEST, row, 2);
  writeText(out, SOURCE_TYPE, row, 3);
  writeText(out, SOURCE, row, 4);
  writeText(out, SCHEMA, row, 5);
  writeText(out, PROFILE, row, 6);
  if (row.isNull(6) && !row.isNull(7)) {
    out.losses.push(leftOut(`inputs.datasets.${index}.dataset.profile`, row.count(7)));
  }
  out.end(dataset);
  const id = row.text(0);
  const tags = out.beginField(BSON_TYPE.array, TAGS);
  let place = 0;
  for (const tag of allTags) {
    if (tag.text(0) !== id) continue;
    const pair = out.beginField(BSON_TYPE.document, indexName(place++));
    writeText(out, TRACKING_PAIR.key, tag, 1);
    writeTextOr(out, TRACKING_PAIR.value, tag, 2, '');
    out.end(pair);
  }
  out.end(tags);
  out.end(input);
}
