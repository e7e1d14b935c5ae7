import type { BackInto } from '../../contract/backReport.ts';
import { LAYOUT_NAMES, type LayoutName } from '../../contract/layoutName.ts';
import { findOwner, type Owner, type Ownership } from '../../contract/ownership.ts';
import type { SourceIdentity } from '../../contract/sourceIdentity.ts';
import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';

/**
 * Whose documents are brought back, and into what: those of this very database, or, into another one, those of the only one there. Where
 * it stands there in both layouts, `preferred` says which.
 */
export function findOwnerBack(
  ownership: Ownership | null,
  identity: SourceIdentity,
  preferred: LayoutName,
  display: string,
): { readonly into: BackInto; readonly owner: Owner } {
  if (identity.systemFrom === 'control-file') {
    for (const layout of [preferred, ...LAYOUT_NAMES]) {
      const own = findOwner(ownership, identity, layout);
      if (own !== undefined) return { into: 'source', owner: own };
    }
  }
  const owners = (ownership?.owners ?? []).filter(({ layout }) => LAYOUT_NAMES.some((known) => known === layout));
  const [only] = owners;
  if (only !== undefined && owners.length === 1) return { into: 'empty', owner: only };
  if (owners.length === 0) {
    throw new MigrationError('config', `${display} holds nothing that a migration of this program has brought`, {
      hint: 'Check the target: its collection _migration says what was brought, and from where',
    });
  }
  throw new MigrationError(
    'config',
    `${display} holds documents of ${owners.length} databases (${listNames(owners.map(({ label }) => label))}), and this is none of them`,
    { hint: 'Bring each back into its own database' },
  );
}
