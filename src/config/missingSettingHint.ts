import type { AllowedConnections } from './allowedConnections.ts';
import type { Environment } from './environment.ts';
import { knownConnections } from './knownConnections.ts';
import { SETTINGS } from './schemas/settings.ts';
import { nearMisses } from './settingNames.ts';

/**
 * What to do about a connection of a setting that is not there: where one that holds a connection has almost its name, which of
 * the two is misspelt. Names of other variables of the process are nobody's business.
 */
export function missingSettingHint(
  setting: string,
  otherwise: string,
  allowed: AllowedConnections,
  env: Environment,
): string {
  const { sources, targets } = knownConnections(allowed, env);
  const known = [...sources, ...targets].filter(({ key }) => key === 'secret').map(({ name }) => name);
  const near = nearMisses(setting, env).find((name) => known.includes(name));
  if (near === undefined) return otherwise;
  // A name that this program knows is what was meant; one that somebody made up is not.
  const isOfProgram = SETTINGS.some(({ name }) => name === setting);
  return `There is a setting ${near}: did you mean ${isOfProgram ? setting : near}?`;
}
