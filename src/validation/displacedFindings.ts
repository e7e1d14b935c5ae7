import type { Finding } from '../contract/migrationReport.ts';
import { showKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { findDisplaced } from '../target/displacedValues.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';

/**
 * Findings for documents that gave a unique value up for another row and did not get their own row's values since. Each row
 * is compared after its document has given something up, so these are rows that share a value in the source, or one that
 * changed while the last pass ran.
 */
export async function displacedFindings(access: DocumentAccess, definition: CollectionDefinition): Promise<Finding[]> {
  return (await findDisplaced(access, definition.indexes)).map(({ key, to, index }) => ({
    severity: 'error',
    check: 'content',
    table: definition.table,
    key: showKey(key),
    message: `The document gave its value of the unique index ${index} to ${to}: the row of ${to} has the same value, or took it over while this ran`,
  }));
}
