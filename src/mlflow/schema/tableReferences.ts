import {
  findColumn,
  findTable,
  type SourceForeignKey,
  type SourceSchema,
  type SourceTable,
} from '../../contract/sourceSchema.ts';

/** `columns` refer to `parent`, there to the columns of the same names unless `to` says otherwise. */
type ModelReference = readonly [columns: readonly string[], parent: string, to?: readonly string[]];

const EXPERIMENT: ModelReference = [['experiment_id'], 'experiments'];
const RUN: ModelReference = [['run_uuid'], 'runs'];
const LOGGED_MODEL: ModelReference = [['model_id'], 'logged_models'];
const TRACE: ModelReference = [['request_id'], 'trace_info'];
const TRACE_BY_ID: ModelReference = [['trace_id'], 'trace_info', ['request_id']];
const ENDPOINT: ModelReference = [['endpoint_id'], 'endpoints'];
const QUEUE: ModelReference = [['queue_id'], 'review_queues'];
const EVALUATION_DATASET: ModelReference = [['dataset_id'], 'evaluation_datasets'];

/**
 * References of MLflow's models (mlflow/store/{tracking,model_registry}/dbmodels/models.py, 1.x to 3.18), which hold whether
 * or not a database still has the foreign keys: a restore without constraints, or a manual clean-up, loses them. A column
 * that only later releases have (`workspace`) stands in {@link SINCE_WORKSPACES}.
 */
const MODEL_REFERENCES: Readonly<Record<string, readonly ModelReference[]>> = {
  experiment_tags: [EXPERIMENT],
  runs: [EXPERIMENT],
  metrics: [RUN],
  latest_metrics: [RUN],
  params: [RUN],
  tags: [RUN],
  datasets: [EXPERIMENT],
  input_tags: [[['input_uuid'], 'inputs']],
  trace_info: [EXPERIMENT],
  trace_tags: [TRACE],
  trace_request_metadata: [TRACE],
  trace_metrics: [TRACE],
  spans: [TRACE_BY_ID, EXPERIMENT],
  span_metrics: [[['trace_id', 'span_id'], 'spans']],
  assessments: [TRACE_BY_ID],
  logged_models: [EXPERIMENT],
  logged_model_metrics: [LOGGED_MODEL, [['run_id'], 'runs', ['run_uuid']], EXPERIMENT],
  logged_model_params: [LOGGED_MODEL, EXPERIMENT],
  logged_model_tags: [LOGGED_MODEL, EXPERIMENT],
  registered_model_tags: [[['name'], 'registered_models']],
  registered_model_aliases: [[['name'], 'registered_models']],
  model_versions: [[['name'], 'registered_models']],
  model_version_tags: [[['name', 'version'], 'model_versions']],
  evaluation_dataset_records: [EVALUATION_DATASET],
  evaluation_dataset_tags: [EVALUATION_DATASET],
  scorers: [EXPERIMENT],
  scorer_versions: [[['scorer_id'], 'scorers']],
  online_scoring_configs: [[['scorer_id'], 'scorers'], EXPERIMENT],
  webhook_events: [[['webhook_id'], 'webhooks']],
  issues: [EXPERIMENT, [['source_run_id'], 'runs', ['run_uuid']]],
  issue_categories: [[['issue_id'], 'issues']],
  label_schemas: [EXPERIMENT],
  review_queues: [EXPERIMENT],
  review_queue_items: [QUEUE],
  review_queue_users: [QUEUE],
  review_queue_label_schemas: [QUEUE],
  job_locks: [[['job_id'], 'jobs', ['id']]],
  endpoints: [EXPERIMENT],
  endpoint_bindings: [ENDPOINT],
  endpoint_tags: [ENDPOINT],
  endpoint_model_mappings: [ENDPOINT, [['model_definition_id'], 'model_definitions']],
  model_definitions: [[['secret_id'], 'secrets']],
  guardrails: [
    [['scorer_id', 'scorer_version'], 'scorer_versions'],
    [['action_endpoint_id'], 'endpoints', ['endpoint_id']],
  ],
  guardrail_configs: [ENDPOINT, [['guardrail_id'], 'guardrails']],
  mcp_server_aliases: [[['name'], 'mcp_servers']],
  mcp_server_tags: [[['name'], 'mcp_servers']],
  mcp_server_versions: [[['name'], 'mcp_servers']],
  mcp_server_version_tags: [[['name', 'version'], 'mcp_server_versions']],
  mcp_access_endpoints: [[['server_name'], 'mcp_servers', ['name']]],
  skill_aliases: [[['organization', 'name'], 'skills']],
  skill_tags: [[['organization', 'name'], 'skills']],
  skill_versions: [[['organization', 'name'], 'skills']],
  skill_version_tags: [[['organization', 'name', 'version'], 'skill_versions']],
};

/** Columns that name a parent by workspace as well (3.10 on), where both tables have it. */
const SINCE_WORKSPACES: ReadonlySet<string> = new Set([
  'registered_models',
  'model_versions',
  'mcp_servers',
  'mcp_server_versions',
  'skills',
  'skill_versions',
]);

/**
 * What the rows of a table refer to: the foreign keys of the catalog, and those of MLflow's own model that the catalog has
 * lost and for which both ends have the columns. For judging rows, not for making indexes or ids.
 */
export function tableReferences(schema: SourceSchema, table: SourceTable): readonly SourceForeignKey[] {
  const lost = (MODEL_REFERENCES[table.name] ?? []).flatMap((reference) => {
    const key = foreignKey(schema, table, reference);
    return key === null || table.foreignKeys.some((known) => isSame(known, key)) ? [] : [key];
  });
  return lost.length === 0 ? table.foreignKeys : [...table.foreignKeys, ...lost];
}

function foreignKey(
  schema: SourceSchema,
  table: SourceTable,
  [columns, referencedTable, to = columns]: ModelReference,
): SourceForeignKey | null {
  const parent = findTable(schema, referencedTable);
  if (parent === undefined) return null;
  const byWorkspace =
    SINCE_WORKSPACES.has(referencedTable) && [table, parent].every((end) => findColumn(end, 'workspace') !== undefined);
  const scope = byWorkspace ? ['workspace'] : [];
  const key = { columns: [...scope, ...columns], referencedTable, referencedColumns: [...scope, ...to] };
  const areComparable = key.columns.every((column, index) => {
    const left = findColumn(table, column);
    const right = findColumn(parent, key.referencedColumns[index] as string);
    return left !== undefined && right !== undefined && family(left.type) === family(right.type);
  });
  return areComparable ? key : null;
}

function isSame(known: SourceForeignKey, key: SourceForeignKey): boolean {
  return (
    known.referencedTable === key.referencedTable &&
    known.columns.length === key.columns.length &&
    known.columns.every((column) => key.columns.includes(column))
  );
}

const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar']);
const INTEGERS: ReadonlySet<string> = new Set(['int2', 'int4', 'int8']);

/** Types of one family can be compared by SQL without a cast. */
function family(type: string): string {
  return TEXTS.has(type) ? 'text' : INTEGERS.has(type) ? 'integer' : type;
}
