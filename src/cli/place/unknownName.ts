import { didYouMean } from '../../didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';

/**
 * No migration has the name that was asked for. `where` ends the message, such as "in the app at host"; `places` are the names
 * that there are, of which the nearest is told. `otherwise` ends the hint: what else may have been meant.
 */
export function unknownName(name: string, where: string, places: readonly string[], otherwise: string): MigrationError {
  // A run that was interrupted before it had begun leaves its directory, and is none that can be meant.
  const known = places.filter((one) => one !== name);
  const meant = didYouMean(name, known);
  const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
  const names = known.length === 0 ? 'There is none yet' : `There is ${listNames(known.toSorted(), 10)}`;
  return new MigrationError('not-found', `There is no migration ${name} ${where}${suggestion}`, {
    hint: `${names}. ${otherwise}`,
  });
}
