/** Text columns that MLflow's own models declare as JSON (mlflow/store/tracking/dbmodels/models.py, 3.17). */
export const JSON_TEXT_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  assessments: ['value', 'error', 'assessment_metadata'],
  issues: ['root_causes', 'categories', 'metadata'],
  spans: ['content'],
  secrets: ['masked_value', 'auth_config'],
  endpoints: ['fallback_config_json'],
  label_schemas: ['input_config'],
};

/** Those that MLflow writes without escaping what is beyond ASCII (`ensure_ascii=False`, seen with 3.18). */
export const UNICODE_JSON_COLUMNS: Readonly<Record<string, readonly string[]>> = { spans: ['content'] };
