import { findTable, type SourceSchema } from '../../../../contract/sourceSchema.ts';
import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { ValueFault } from '../../../../encoding/valueFault.ts';
import { assertKnown, guarded, itemsOf, membersOf, textOf } from './returnedFields.ts';
import { rowOf, unsaidOf } from './returnedRow.ts';
import type { Fields, Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning, RowValue } from './returning.ts';
import { DATASET_COLUMNS, inputsOf, madeId, RUN_FIELDS, runDatasets } from './runDatasets.ts';

const INPUT_COLUMNS = ['source_type', 'source_id', 'destination_type', 'destination_id'] as const;

/** What runs were given and what they made: datasets, the edges to them and to logged models, and the edges' tags. */
export function inputsBack(schema: SourceSchema): Returning[] {
  if (findTable(schema, 'inputs') === undefined || findTable(schema, 'datasets') === undefined) return [];
  const collection = 'runs';
  return [
    {
      table: 'datasets',
      collection,
      fields: RUN_FIELDS,
      unsaid: unsaidOf(schema, 'datasets', ['dataset_uuid', 'experiment_id', ...Object.values(DATASET_COLUMNS)]),
      // Each run has a copy. As in MLflow's SQL store, the one that was logged first counts for an experiment.
      onlyNew: ['dataset_uuid', ...Object.values(DATASET_COLUMNS).slice(2)],
      repeated: 'first',
      rows: async (page, look) => {
        const columns = look.columns('datasets');
        const faults: ReturnedFault[] = [];
        const rows = (await runDatasets(page, look, faults)).map(({ shown, dataset, experiment, datasetId }) => {
          const values = Object.entries(DATASET_COLUMNS).map(
            ([field, column]) => [column, dataset.get(field)] as const,
          );
          const own = { dataset_uuid: datasetId, experiment_id: experiment };
          return { shown, row: rowOf(columns, { ...own, ...Object.fromEntries(values) }) };
        });
        return { rows, faults };
      },
    },
    {
      table: 'inputs',
      collection,
      fields: [...RUN_FIELDS, 'outputs'],
      unsaid: unsaidOf(schema, 'inputs', ['input_uuid', 'step', ...INPUT_COLUMNS]),
      onlyNew: ['input_uuid'],
      // The plugin keeps a model that a run has made twice.
      repeated: 'same',
      rows: async (page, look) => {
        const faults: ReturnedFault[] = [];
        const datasets = await runDatasets(page, look, faults);
        const ofDatasets = datasets.map(({ shown, datasetId, sourceType, inputId }) => ({
          shown,
          row: edge([sourceType, datasetId, 'RUN', shown], inputId),
        }));
        const ofModels = page.flatMap((document) => modelEdges(document, look, faults));
        return { rows: [...ofDatasets, ...ofModels], faults };
      },
    },
    {
      table: 'input_tags',
      collection,
      fields: RUN_FIELDS,
      unsaid: unsaidOf(schema, 'input_tags', ['input_uuid', 'name', 'value']),
      standsForNull: { value: '' },
      rows: async (page, look) => {
        // What is wrong with them is told by the edges' own table.
        const datasets = await runDatasets(page, look, []);
        const rows = datasets.flatMap(({ shown, tags, inputId }) =>
          tags.map(({ key, value }) => ({ shown, row: { input_uuid: inputId, name: key, value } })),
        );
        return { rows, faults: [] };
      },
    },
  ];
}

function edge(
  ends: readonly [sourceType: string, sourceId: string, destinationType: string, destinationId: string],
  id = madeId('input', ...ends),
): Record<string, RowValue> {
  return {
    input_uuid: id,
    ...Object.fromEntries(INPUT_COLUMNS.map((column, index) => [column, ends[index] as string])),
  };
}

/** Edges from a run to the logged models that it was given, and to those that it has made. */
function modelEdges(document: ReturnedDocument, look: Lookup, faults: ReturnedFault[]): ReturnedRow[] {
  const { shown, fields } = document;
  const columns = look.columns('inputs');
  const read = (field: string, list: () => BsonElement | undefined, known: readonly string[]): readonly Fields[] =>
    guarded(faults, document, field, () => {
      const items = itemsOf(list()).map(membersOf);
      for (const item of items) assertKnown(item, known);
      return items;
    }) ?? [];
  // A document that cannot be read as far as here has its fault already.
  const given = read('inputs.models', () => guarded([], document, 'inputs', () => inputsOf(document))?.get('models'), [
    'model_id',
  ]);
  const made = read('outputs', () => fields.get('outputs'), ['model_id', 'step']);
  return [
    ...given.flatMap((item) => {
      const model = modelOf(item, document, 'inputs.models', faults);
      return model === null ? [] : [{ shown, row: edge(['RUN_INPUT', shown, 'MODEL_INPUT', model]) }];
    }),
    ...made.flatMap((item) => {
      const model = modelOf(item, document, 'outputs', faults);
      if (model === null) return [];
      const row = { ...edge(['RUN_OUTPUT', shown, 'MODEL_OUTPUT', model]), step: item.get('step') };
      return [{ shown, row: rowOf(columns, row, { step: '0' }) }];
    }),
  ];
}

function modelOf(item: Fields, document: ReturnedDocument, field: string, faults: ReturnedFault[]): string | null {
  return guarded(faults, document, field, () => {
    const model = textOf(item.get('model_id'));
    if (model === null) throw new ValueFault('it names no model');
    return model;
  });
}
