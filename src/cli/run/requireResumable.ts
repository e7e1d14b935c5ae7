import { existsSync } from 'node:fs';
import { placeNames, type StatePlace } from '../place/stateDirectory.ts';
import { unknownName } from '../place/unknownName.ts';

/** What to do about a name that was given with `--resume` and that nothing has. */
export const START_INSTEAD = 'To start a migration of this name, leave --resume out';

/**
 * Throws MigrationError('not-found') where no call of the command has ever worked in a place: a misspelt name would start a
 * migration of its own. One that was killed before it had recorded anything may be gone on with.
 */
export async function requireResumable(stateDirectory: string, place: StatePlace): Promise<void> {
  if (existsSync(place.directory)) return;
  const known = await placeNames(stateDirectory);
  throw unknownName(place.name, `to resume in ${stateDirectory}`, known, START_INSTEAD);
}
