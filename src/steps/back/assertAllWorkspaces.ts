import type { Owner } from '../../contract/ownership.ts';
import { MigrationError } from '../../errors.ts';

/**
 * Throws `config` where the documents are those of one workspace. The store plugin knows none: in the source the rows of all others
 * would go as if their documents had been deleted, and elsewhere nothing says to which workspace a row belongs.
 */
export function assertAllWorkspaces(
  { identity: { workspace } }: { readonly identity: Pick<Owner['identity'], 'workspace'> },
  { source, target }: { readonly source: string; readonly target: string },
): void {
  if (workspace === null) return;
  throw new MigrationError(
    'config',
    `${target} holds the workspace ${workspace} alone: the way back to ${source} would delete the rows of all others`,
    { hint: 'Bring back from a target that holds all workspaces, or one of the layout tables' },
  );
}
