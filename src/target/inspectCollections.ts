import type { CollectionInfo } from 'mongodb';
import type { Problem } from '../errors.ts';
import { MARKER_COLLECTION } from './ownership.ts';
import type { TargetDatabase } from './targetDatabase.ts';

const MOVE_ASIDE = 'Choose another target database, rename or drop it, or empty the target with --drop-target';

/** Why documents cannot be brought unchanged into what stands under a name; null where it is a plain collection. */
function hindrance({ name, type, options }: CollectionInfo): { readonly what: string; readonly hint: string } | null {
  if (type === 'view') return { what: 'is a view, which takes no documents', hint: MOVE_ASIDE };
  if (type === 'timeseries') {
    return { what: 'is a time-series collection, which keeps documents in a form of its own', hint: MOVE_ASIDE };
  }
  if (options?.['capped'] === true) {
    return { what: 'is a capped collection, which deletes its oldest documents when it is full', hint: MOVE_ASIDE };
  }
  const locale: unknown = options?.collation?.locale;
  if (locale !== undefined && locale !== 'simple') {
    return {
      what: `has the default collation ${String(locale)}, by which keys that differ may count as equal`,
      hint: MOVE_ASIDE,
    };
  }
  const { validator, validationAction, validationLevel } = options ?? {};
  const refuses = validationAction !== 'warn' && validationLevel !== 'off';
  if (validator !== undefined && Object.keys(validator).length > 0 && refuses) {
    return {
      what: 'has a validator, which may refuse documents',
      hint: `Let it warn while the migration runs: db.runCommand({ collMod: ${JSON.stringify(name)}, validationAction: "warn" })`,
    };
  }
  return null;
}

/**
 * What stands under the names of collections and is none that takes every document as it is: told by name before the first
 * row is read, where the server would refuse single documents, or not say that it changed one.
 */
export async function inspectCollections(
  { db, display, limits }: TargetDatabase,
  names: readonly string[],
): Promise<Problem[]> {
  const present = await limits.within((signal) =>
    db.listCollections({ name: { $in: [...names, MARKER_COLLECTION] } }, { signal }).toArray(),
  );
  return present
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((collection) => {
      const found = 'options' in collection ? hindrance(collection) : null;
      if (found === null) return [];
      return [
        {
          kind: 'target-refused' as const,
          message: `${collection.name} of ${display} ${found.what}`,
          hint: found.hint,
        },
      ];
    });
}
