import type { SourceSchema } from '../../../../contract/sourceSchema.ts';
import { RUN_NAME_TAG } from '../runs.ts';
import { guarded, homelessFault, itemsOf, textOf, unknownFields } from './returnedFields.ts';
import { experimentOf, idOf, returnedPairs, rowOf, unsaidOf } from './returnedRow.ts';
import type { Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning, RowValue } from './returning.ts';
import { inputsOf } from './runDatasets.ts';

const FIELDS = [
  'artifact_uri',
  'user_id',
  'status',
  'start_time',
  'end_time',
  'deleted_time',
  'lifecycle_stage',
] as const;
const KNOWN: ReadonlySet<string> = new Set([
  ...FIELDS,
  'experiment_id',
  'name',
  'tags',
  'params',
  'metrics',
  'inputs',
  'outputs',
]);

/** What documents have where a row has NULL, or a release no column. */
const STANDS = { user_id: '', status: 'SCHEDULED', start_time: '0', lifecycle_stage: 'active' } as const;

/** Columns without a place, as MLflow's SQL store fills them in a run that it makes. */
const FILLED = { source_type: 'UNKNOWN', source_name: '', entry_point_name: '', source_version: '' } as const;

/** Runs with their tags and parameters. */
export function runsBack(schema: SourceSchema): Returning[] {
  const said = ['run_uuid', 'experiment_id', 'name', ...FIELDS];
  const filled = Object.keys(FILLED);
  return [
    {
      table: 'runs',
      collection: 'runs',
      fields: null,
      unsaid: unsaidOf(schema, 'runs', [...said, ...filled]),
      onlyNew: filled,
      standsForNull: STANDS,
      rows: async (page, look) => {
        const columns = look.columns('runs');
        const rows: ReturnedRow[] = [];
        const faults: ReturnedFault[] = [];
        const names = await namesBefore(page, look);
        for (const document of page) {
          faults.push(...unknownFields(document, KNOWN), ...homelessInputs(document, look));
          const experiment = await experimentOf(document, 'experiment_id', look, faults);
          const values = {
            run_uuid: idOf(document),
            experiment_id: experiment,
            name: nameOf(document, names),
            ...Object.fromEntries(FIELDS.map((field) => [field, document.fields.get(field)])),
            ...FILLED,
          };
          if (experiment !== null)
            rows.push({ shown: document.shown, row: rowOf(columns, values, { ...STANDS, ...FILLED }) });
        }
        return { rows, faults };
      },
    },
    ...['tags', 'params'].map((table) =>
      returnedPairs(schema, {
        table,
        collection: 'runs',
        field: table,
        link: 'run_uuid',
        key: 'key',
        value: 'value',
      }),
    ),
  ];
}

/** A run that has no name of its own in the database. */
interface Nameless {
  /** NULL, or ''. */
  readonly name: string | null;
  /** Its name by the tag, as MLflow's SQL store answers it; '' where it has none. */
  readonly tagged: string;
}

async function namesBefore(page: readonly ReturnedDocument[], look: Lookup): Promise<ReadonlyMap<string, Nameless>> {
  if (!look.columns('runs').has('name')) return new Map();
  const rows = await look.source<Nameless & { id: string }>(
    `select r.run_uuid::text as id, r.name::text as name, coalesce(g.value::text, '') as tagged from ${look.relation('runs')} r` +
      ` left join ${look.relation('tags')} g on g.run_uuid = r.run_uuid and g.key = $2` +
      ` where r.run_uuid = any($1) and coalesce(r.name, '') = ''`,
    [page.map(({ shown }) => shown), RUN_NAME_TAG],
  );
  return new Map(rows.map(({ id, ...run }) => [id, run]));
}

/** Such a run bears the name of its tag in the documents. Its row stays as it is until the run gets another one. */
function nameOf(document: ReturnedDocument, before: ReadonlyMap<string, Nameless>): RowValue | undefined {
  const name = document.fields.get('name');
  const stored = before.get(document.shown);
  const text = guarded([], document, 'name', () => textOf(name));
  return stored !== undefined && (text ?? '') === stored.tagged ? stored.name : name;
}

function homelessInputs(document: ReturnedDocument, look: Lookup): ReturnedFault[] {
  if (look.columns('inputs').size > 0) return [];
  // What is no list at all is a fault where there is a table.
  const given = guarded([], document, 'inputs', () => [...inputsOf(document).values()].flatMap(itemsOf)) ?? [];
  const made = guarded([], document, 'outputs', () => itemsOf(document.fields.get('outputs'))) ?? [];
  return [
    ...(given.length > 0 ? [homelessFault(document, 'inputs', 'inputs of runs')] : []),
    ...(made.length > 0 ? [homelessFault(document, 'outputs', 'models of runs')] : []),
  ];
}
