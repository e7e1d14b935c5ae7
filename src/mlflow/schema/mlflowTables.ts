/** What MLflow keeps in its tables. */
export type Feature =
  | 'experiments and runs'
  | 'metrics of runs'
  | 'datasets of runs'
  | 'model registry'
  | 'logged models'
  | 'traces'
  | 'spans'
  | 'assessments'
  | 'metrics of traces'
  | 'daily figures of traces'
  | 'links of traces and prompts'
  | 'evaluation datasets'
  | 'scorers'
  | 'issues'
  | 'review of traces'
  | 'webhooks'
  | 'jobs'
  | 'gateway'
  | 'MCP servers'
  | 'skills'
  | 'workspaces'
  | 'users and permissions';

/** The tables of MLflow by what it uses them for: its models from 1.0 to 3.18, and those of its basic-auth app. */
export const TABLES_OF: Readonly<Record<Feature, readonly string[]>> = {
  'experiments and runs': ['experiments', 'experiment_tags', 'runs', 'params', 'tags'],
  'metrics of runs': ['metrics', 'latest_metrics'],
  'datasets of runs': ['datasets', 'inputs', 'input_tags'],
  'model registry': [
    'registered_models',
    'registered_model_tags',
    'registered_model_aliases',
    'model_versions',
    'model_version_tags',
  ],
  'logged models': ['logged_models', 'logged_model_metrics', 'logged_model_params', 'logged_model_tags'],
  traces: ['trace_info', 'trace_tags', 'trace_request_metadata'],
  spans: ['spans'],
  assessments: ['assessments'],
  'metrics of traces': ['trace_metrics', 'span_metrics'],
  'daily figures of traces': [
    'sql_trace_metric_daily_rollups',
    'sql_span_cost_daily_rollups',
    'sql_assessment_daily_rollups',
    'sql_trace_rollup_rebuild_queue',
  ],
  'links of traces and prompts': ['entity_associations'],
  'evaluation datasets': ['evaluation_datasets', 'evaluation_dataset_records', 'evaluation_dataset_tags'],
  scorers: ['scorers', 'scorer_versions', 'online_scoring_configs'],
  issues: ['issues', 'issue_categories'],
  'review of traces': [
    'label_schemas',
    'review_queues',
    'review_queue_items',
    'review_queue_users',
    'review_queue_label_schemas',
  ],
  webhooks: ['webhooks', 'webhook_events'],
  jobs: ['jobs', 'job_locks', 'scheduler_leases'],
  gateway: [
    'secrets',
    'endpoints',
    'endpoint_bindings',
    'endpoint_model_mappings',
    'endpoint_tags',
    'model_definitions',
    'guardrails',
    'guardrail_configs',
    'budget_policies',
  ],
  'MCP servers': [
    'mcp_servers',
    'mcp_server_versions',
    'mcp_server_tags',
    'mcp_server_version_tags',
    'mcp_server_aliases',
    'mcp_access_endpoints',
  ],
  skills: ['skills', 'skill_versions', 'skill_tags', 'skill_version_tags', 'skill_aliases'],
  workspaces: ['workspaces'],
  'users and permissions': [
    'users',
    'roles',
    'role_permissions',
    'user_role_assignments',
    'experiment_permissions',
    'registered_model_permissions',
    'scorer_permissions',
    'gateway_secret_permissions',
    'gateway_endpoint_permissions',
    'gateway_model_definition_permissions',
    'workspace_permissions',
    'alembic_version_auth',
  ],
};

const FEATURE_OF: ReadonlyMap<string, Feature> = new Map(
  Object.entries(TABLES_OF).flatMap(([feature, tables]) => tables.map((table) => [table, feature as Feature])),
);

/** What MLflow uses a table for; null for one that no release up to 3.18 has. */
export function featureOf(table: string): Feature | null {
  return FEATURE_OF.get(table) ?? null;
}
