/**
 * Setting by which the command tells the app that its host only looks at what is stored: what stands there as running has
 * no process that does it. Between command and local host only, `1` or missing.
 */
export const HOST_LOOKS = 'MLFLOW_MIGRATE_HOST_LOOKS';
