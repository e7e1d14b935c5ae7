import pg from 'pg';

/**
 * Tables of which both stores keep a row for the same writes. Others differ by what one of them marks for itself: tags and metadata of
 * traces, links of a trace to the run that made it, queues and daily sums.
 */
const TABLES = [
  'experiments',
  'experiment_tags',
  'runs',
  'tags',
  'params',
  'metrics',
  'latest_metrics',
  'datasets',
  'inputs',
  'input_tags',
  'logged_models',
  'logged_model_tags',
  'logged_model_params',
  'logged_model_metrics',
  'registered_models',
  'registered_model_tags',
  'registered_model_aliases',
  'model_versions',
  'model_version_tags',
  'trace_info',
  'spans',
  'assessments',
] as const;

/** Rows by table. */
export async function rowCounts(uri: string): Promise<Readonly<Record<string, number>>> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    const counts: Record<string, number> = {};
    for (const table of TABLES) {
      const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`);
      counts[table] = Number(rows[0]?.count);
    }
    return counts;
  } finally {
    await client.end();
  }
}
