import { fileURLToPath } from 'node:url';

/** The newest MLflow release with a dump in the repository. */
export const SAMPLE_RELEASE = '3.18.0';

export const SAMPLE_DUMP = fileURLToPath(new URL(`../test/fixtures/mlflow-${SAMPLE_RELEASE}.sql.gz`, import.meta.url));
