/** A column of MLflow's tables whose values say where files are. */
export interface ArtifactLocation {
  readonly table: string;
  readonly column: string;
  /** Only in rows whose `column` is one of these: the keys of a table of tags, for one. Absent for all rows. */
  readonly where?: { readonly column: string; readonly values: readonly string[] };
  /** Keys of the JSON text, at any depth, whose values are locations. Absent where the value is one itself. */
  readonly jsonKeys?: readonly string[];
}

/**
 * Every place where MLflow 1.0 to 3.18 keeps the location of an artifact (mlflow/store/{tracking,model_registry,workspace}/
 * dbmodels/models.py, mlflow/utils/mlflow_tags.py, mlflow/tracing/constant.py, `to_dict` of the classes in mlflow/data).
 * Locations within the artifacts themselves (MLmodel files) are not in the database. `runs:/…` and `models:/…` in
 * `model_versions.source` name a run or a model, whose own location is mapped.
 */
export const ARTIFACT_LOCATIONS: readonly ArtifactLocation[] = [
  { table: 'experiments', column: 'artifact_location' },
  { table: 'runs', column: 'artifact_uri' },
  // MLflow 3 writes the whole location of a logged model into the path.
  {
    table: 'tags',
    column: 'value',
    where: { column: 'key', values: ['mlflow.log-model.history'] },
    jsonKeys: ['artifact_path'],
  },
  { table: 'model_versions', column: 'source' },
  { table: 'model_versions', column: 'storage_location' },
  { table: 'logged_models', column: 'artifact_location' },
  {
    table: 'trace_tags',
    column: 'value',
    where: { column: 'key', values: ['mlflow.artifactLocation', 'mlflow.trace.archiveLocation'] },
  },
  { table: 'datasets', column: 'dataset_source', jsonKeys: ['uri', 'path', 'url'] },
  { table: 'workspaces', column: 'default_artifact_root' },
  { table: 'workspaces', column: 'trace_archival_location' },
  // The sources of other skills are repositories.
  { table: 'skill_versions', column: 'source', where: { column: 'source_type', values: ['mlflow'] } },
];
