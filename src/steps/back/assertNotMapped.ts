import type { BackInto } from '../../contract/backReport.ts';
import type { Owner } from '../../contract/ownership.ts';
import { MigrationError } from '../../errors.ts';

/**
 * Throws `config` where documents whose locations of artifacts were mapped would go into the database that they came from: every
 * row with a location differs from its document then, and which of both is meant nobody knows. An empty database takes the new ones.
 */
export function assertNotMapped(
  { artifacts = [] }: Pick<Owner, 'artifacts'>,
  into: BackInto,
  { source, target }: { readonly source: string; readonly target: string },
): void {
  if (into === 'empty' || artifacts.length === 0) return;
  throw new MigrationError(
    'config',
    `${target} was written with a map of artifact locations: brought back, the new locations would take the place of those in ${source}`,
    { hint: 'Bring the documents back into an empty database of the same schema, which gets the new locations' },
  );
}
