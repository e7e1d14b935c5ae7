import { didYouMean } from '../../didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';

/**
 * No migration has the name that was asked for. `where` ends the message, such as "in the app at host"; `known` are the names
 * that there are, of which the nearest is told. `otherwise` ends the hint: what else may have been meant.
 */
export function unknownName(name: string, where: string, known: readonly string[], otherwise: string): MigrationError {
  const meant = didYouMean(name, known);
  const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
  const names = known.length === 0 ? 'There is none yet' : `There is ${listNames(known.toSorted(), 10)}`;
  return new MigrationError('not-found', `There is no migration ${name} ${where}${suggestion}`, {
    hint: `${names}. ${otherwise}`,
  });
}
