import type { SourceSchema } from '../../../../contract/sourceSchema.ts';
import { STATUS_NAMES } from '../loggedModels.ts';
import { guarded, textOf, unknownFields } from './returnedFields.ts';
import { experimentOf, idOf, returnedPairs, rowOf, unsaidOf } from './returnedRow.ts';
import type { ReturnedFault, ReturnedRow, Returning } from './returning.ts';

/** Columns by the fields that hold them as they are. */
const COLUMNS = {
  name: 'name',
  artifact_location: 'artifact_location',
  creation_timestamp: 'creation_timestamp_ms',
  last_updated_timestamp: 'last_updated_timestamp_ms',
  status_message: 'status_message',
  lifecycle_stage: 'lifecycle_stage',
  source_run_id: 'source_run_id',
  model_type: 'model_type',
} as const;
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(COLUMNS), 'experiment_id', 'status', 'tags', 'params']);

/** Logged models with their tags and parameters. */
export function loggedModelsBack(schema: SourceSchema): Returning[] {
  return [
    {
      table: 'logged_models',
      collection: 'logged_models',
      fields: null,
      unsaid: unsaidOf(schema, 'logged_models', ['model_id', 'experiment_id', 'status', ...Object.values(COLUMNS)]),
      standsForNull: {
        name: '',
        artifact_location: '',
        creation_timestamp_ms: '0',
        last_updated_timestamp_ms: '0',
        status: '0',
        lifecycle_stage: 'active',
      },
      rows: async (page, look) => {
        const columns = look.columns('logged_models');
        const rows: ReturnedRow[] = [];
        const faults: ReturnedFault[] = [];
        for (const document of page) {
          const { shown, fields } = document;
          faults.push(...unknownFields(document, KNOWN));
          const experiment = await experimentOf(document, 'experiment_id', look, faults);
          const status = STATUS_NAMES.indexOf(
            guarded(faults, document, 'status', () => textOf(fields.get('status'))) ?? '',
          );
          if (status < 0) faults.push({ shown, field: 'status', reason: 'MLflow has no such status' });
          if (experiment === null || status < 0) continue;
          const values = Object.entries(COLUMNS).map(([field, column]) => [column, fields.get(field)] as const);
          const row = { model_id: idOf(document), experiment_id: experiment, status: BigInt(status) };
          rows.push({ shown, row: rowOf(columns, { ...row, ...Object.fromEntries(values) }) });
        }
        return { rows, faults };
      },
    },
    ...(['tag', 'param'] as const).map((kind) =>
      returnedPairs(schema, {
        table: `logged_model_${kind}s`,
        collection: 'logged_models',
        field: `${kind}s`,
        link: 'model_id',
        key: `${kind}_key`,
        value: `${kind}_value`,
        hasExperiment: true,
      }),
    ),
  ];
}
