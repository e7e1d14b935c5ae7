import type { SourceTable } from '../../../contract/sourceSchema.ts';
import { ID_FIELD, type KeyColumn, markedId, textId, writeDocumentId } from '../../../encoding/documentId.ts';
import type { FieldWriter } from './columnWriters.ts';

/** Writes the `_id` of a table's documents: of its key, and of registered models the name that their readers look for. */
export function idWriter(table: SourceTable, key: readonly KeyColumn[]): FieldWriter {
  const workspaceAt = table.columns.findIndex((column) => column.name === 'workspace');
  const nameAt = table.columns.findIndex((column) => column.name === 'name');
  const isModelKey =
    table.name === 'registered_models' &&
    table.key?.length === 2 &&
    table.key.includes('workspace') &&
    table.key.includes('name');
  if (isModelKey) {
    return (out, row) => out.string(ID_FIELD, modelId(row.text(workspaceAt), row.text(nameAt)));
  }
  return (out, row) => writeDocumentId(out, row, key);
}

/** `name` in the workspace `default`, `workspace:name` elsewhere; marked where a `:` would make two keys meet. */
function modelId(workspace: string, name: string): string {
  const isDefault = workspace === 'default';
  const isAmbiguous = isDefault ? name.includes(':') : workspace.includes(':');
  const id = isDefault ? name : `${workspace}:${name}`;
  return isAmbiguous ? markedId(`${workspace}:${id}`) : textId(id);
}
