import { fileURLToPath } from 'node:url';

/** The newest MLflow release with a dump in the repository; the sample and the bench's schema come from it. */
export const SAMPLE_DUMP = fileURLToPath(new URL('../test/fixtures/mlflow-3.17.2.sql.gz', import.meta.url));
