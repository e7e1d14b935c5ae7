/** Tags and metadata of traces that the layout merges with columns of `trace_info`, or that tell it something else. */
export const NAME_TAG = 'mlflow.traceName';
export const SESSION_KEY = 'mlflow.trace.session';
export const TOKEN_USAGE_KEY = 'mlflow.trace.tokenUsage';
export const COST_KEY = 'mlflow.trace.cost';
export const SOURCE_RUN_KEY = 'mlflow.sourceRun';
export const SIZE_STATS_KEY = 'mlflow.trace.sizeStats';

/** Lengths of the columns of 3.17 in characters. */
export const NAME_CHARACTERS = 4096;
export const SESSION_CHARACTERS = 250;

/** States as MLflow 2 spelled them, by their names in MLflow 3. */
export const STATES: Readonly<Record<string, string>> = { TRACE_STATUS_UNSPECIFIED: 'STATE_UNSPECIFIED' };
