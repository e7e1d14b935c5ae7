import { z } from 'zod';
import type { Owner } from '../../contract/ownership.ts';
import { MigrationError } from '../../errors.ts';
import { keptProof } from './keptProof.ts';

/** `KeptProof.scope` as `steps/planning/earlierProof.ts` writes it: the tables, and the workspace. */
const Scope = z.tuple([z.unknown(), z.string().nullable()], z.unknown());

/**
 * Throws `config` where the documents are those of one workspace. The store plugin knows none: in the source the rows of all others
 * would go as if their documents had been deleted, and elsewhere nothing says to which workspace a row belongs.
 */
export function assertOneWorkspace(
  owner: Pick<Owner, 'layout' | 'proof'>,
  { source, target }: { readonly source: string; readonly target: string },
): void {
  const proof = owner.layout === 'mlflow' ? keptProof(owner) : null;
  if (proof === null) return;
  const { data } = Scope.safeParse(JSON.parse(proof.scope));
  const workspace = data?.[1] ?? null;
  if (workspace === null) return;
  throw new MigrationError(
    'config',
    `${target} holds the workspace ${workspace} alone: the way back to ${source} would delete the rows of all others`,
    { hint: 'Bring back from a target that holds all workspaces, or one of the layout tables' },
  );
}
