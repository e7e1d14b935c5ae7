/** Names that the plugin reads: no other table may have a collection of such a name. */
export const PLUGIN_COLLECTIONS: ReadonlySet<string> = new Set([
  'experiments',
  'runs',
  'run_metrics',
  'registered_models',
  'model_versions',
  'logged_models',
  'traces',
  'spans',
  'assessments',
]);
