import pg from 'pg';

/**
 * What both stores keep for the same writes: columns without ids and times, which each makes of its own. Other tables differ by what
 * one of the stores marks for itself: tags and metadata of traces, links of a trace to the run that made it, queues and daily sums.
 */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  experiments: ['name', 'lifecycle_stage'],
  experiment_tags: ['key', 'value'],
  runs: [
    // Runs of 1.x have their name in a tag alone; into an empty database it comes as the column, too.
    "coalesce(nullif(name, ''), (select value from tags t where t.run_uuid = runs.run_uuid and t.key = 'mlflow.runName'))",
    'source_type',
    'source_name',
    'entry_point_name',
    'source_version',
    'user_id',
    'status',
    'lifecycle_stage',
  ],
  tags: ['key', 'value'],
  params: ['key', 'value'],
  metrics: ['key', 'value', 'timestamp', 'step', 'is_nan'],
  latest_metrics: ['key', 'value', 'timestamp', 'step', 'is_nan'],
  datasets: ['name', 'digest', 'dataset_source_type', 'dataset_source', 'dataset_schema', 'dataset_profile'],
  inputs: ['source_type', 'destination_type', 'step'],
  input_tags: ['name', 'value'],
  logged_models: ['name', 'status', 'lifecycle_stage', 'model_type', 'status_message'],
  logged_model_tags: ['tag_key', 'tag_value'],
  logged_model_params: ['param_key', 'param_value'],
  logged_model_metrics: ['metric_name', 'metric_step', 'metric_value', 'dataset_name', 'dataset_digest'],
  registered_models: ['workspace', 'name', 'description'],
  registered_model_tags: ['workspace', 'name', 'key', 'value'],
  registered_model_aliases: ['workspace', 'name', 'alias', 'version'],
  model_versions: [
    'workspace',
    'name',
    'version',
    'description',
    'user_id',
    'current_stage',
    'source',
    'run_id',
    'status',
    'status_message',
    'run_link',
    'storage_location',
  ],
  model_version_tags: ['workspace', 'name', 'version', 'key', 'value'],
  trace_info: [
    'status',
    'client_request_id',
    'request_preview',
    'response_preview',
    'trace_name',
    'session_id',
    'input_tokens',
    'output_tokens',
    'total_tokens',
    'input_cost',
    'output_cost',
    'total_cost',
  ],
  spans: ['name', 'type', 'status', 'input_cost', 'output_cost', 'total_cost', 'model_name', 'model_provider'],
  assessments: [
    'name',
    'assessment_type',
    'value',
    'error',
    'source_type',
    'source_id',
    'rationale',
    'valid',
    'assessment_metadata',
    'aggregate_value',
    'is_numeric_value',
  ],
};

/** How rows that came back differ from those that MLflow's SQL store has written itself, a line for each table that does. */
export async function differentRows(nativeUri: string, backUri: string): Promise<string[]> {
  const [native, back] = await Promise.all([rowsOf(nativeUri), rowsOf(backUri)]);
  return Object.keys(COLUMNS).flatMap((table) => {
    const [wanted, found] = [native[table] ?? [], back[table] ?? []];
    const [lost, more] = [without(wanted, found), without(found, wanted)];
    if (lost.length + more.length === 0) return [];
    const shown = `missing ${lost.slice(0, 2).join(' ')}; instead ${more.slice(0, 2).join(' ')}`;
    return [
      `${table}: ${found.length} rows came back, ${wanted.length} were written natively; ${shown}`.slice(0, 1_500),
    ];
  });
}

/** Those of `some` that `others` has not, as often as they are there. */
function without(some: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return some.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}

async function rowsOf(uri: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    const all: Record<string, readonly string[]> = {};
    for (const [table, columns] of Object.entries(COLUMNS)) {
      const { rows } = await client.query<{ row: string }>(
        `select row(${columns.join(', ')})::text as row from ${table}`,
      );
      all[table] = rows.map(({ row }) => row);
    }
    return all;
  } finally {
    await client.end();
  }
}
