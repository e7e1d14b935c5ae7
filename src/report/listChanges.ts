import type { MigrationReport, WouldChange } from '../contract/migrationReport.ts';
import { formatPlural } from './formatUnits.ts';

/** One table that a migration would change, in words. */
export interface TableChange {
  readonly table: string;
  /** `1 document inserted, 12 documents replaced, 3 documents deleted`. */
  readonly words: string;
}

/** What a dry run found that a migration would change in the target, by table; tables that stay as they are are left out. */
export function listChanges(wouldChange: NonNullable<MigrationReport['wouldChange']>): TableChange[] {
  return Object.entries(wouldChange)
    .filter(([, { inserted, replaced, deleted }]) => inserted !== 0 || replaced !== 0 || deleted !== 0)
    .map(([table, change]) => ({ table, words: describe(change) }));
}

function describe({ inserted, replaced, deleted }: WouldChange): string {
  const words = (count: number | null, verb: string) =>
    count === null ? `not counted how many ${verb}` : `${formatPlural(count, 'document')} ${verb}`;
  return `${words(inserted, 'inserted')}, ${words(replaced, 'replaced')}, ${words(deleted, 'deleted')}`;
}

/** In place of an empty list. */
export const NO_CHANGES = 'No document would be inserted, replaced or deleted.';
