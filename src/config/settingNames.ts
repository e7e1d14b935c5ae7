import { didYouMean, editDistance } from '../didYouMean.ts';
import { MigrationError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { LOCAL_HOST } from './localHost.ts';

/** Words that people write for one another in names of connections. */
const SAME_WORDS: readonly (readonly [from: RegExp, to: string])[] = [
  [/URL|CONNECTION_?STRING|DSN/g, 'URI'],
  [/POSTGRESQL|\bPG(?=_)/g, 'POSTGRES'],
  [/MONGO(?!DB)/g, 'MONGODB'],
];

/** Plain names by name: settings are read for each connection that is made, and an environment has hundreds of names. */
const plainNames = new Map<string, string>();

/** A name without what is often written in another way. */
function plain(name: string): string {
  const known = plainNames.get(name);
  if (known !== undefined) return known;
  const words = SAME_WORDS.reduce((text, [from, to]) => text.replace(from, to), name.toUpperCase());
  const made = words.replaceAll(/[^A-Z0-9]/g, '');
  plainNames.set(name, made);
  return made;
}

function isNear(one: string, other: string): boolean {
  return Math.abs(one.length - other.length) <= 1 && editDistance(one, other) <= 1;
}

/** Settings that are there and have almost the name of one that is not: `POSTGRES_URL`, `MONGO_URI`, `KEYVAULT_URI`. None where it is there itself. */
export function nearMisses(name: string, env: Environment): string[] {
  const isSet = (candidate: string): boolean => (env[candidate] ?? '').trim() !== '';
  if (isSet(name)) return [];
  const wanted = plain(name);
  return Object.keys(env).filter(
    (candidate) => candidate !== name && isNear(plain(candidate), wanted) && isSet(candidate),
  );
}

/** Throws MigrationError('config') where one of the settings is missing and another has almost its name: what it says would be ignored. */
export function refuseNearMisses(names: readonly string[], env: Environment): void {
  const faults = names.flatMap((name) =>
    nearMisses(name, env).map((near) => `Unknown setting ${near}; did you mean ${name}?`),
  );
  if (faults.length === 0) return;
  throw new MigrationError('config', faults.join('; '), {
    hint: 'Correct the name, or unset it: it would be ignored',
  });
}

/** Variables of the command's own; the last is for its local host only. */
const OWN = ['MLFLOW_MIGRATE_KEY', 'MLFLOW_MIGRATE_TOKEN', 'MLFLOW_MIGRATE_APP', LOCAL_HOST];

/** Throws MigrationError('config') for a variable that bears this program's name and that it does not know. */
export function refuseUnknownOwn(env: Environment): void {
  const unknown = Object.keys(env).filter((name) => name.startsWith('MLFLOW_MIGRATE_') && !OWN.includes(name));
  if (unknown.length === 0) return;
  const faults = unknown.map((name) => {
    const meant = didYouMean(name, OWN);
    return `Unknown environment variable ${name}${meant === null ? '' : `; did you mean ${meant}?`}`;
  });
  throw new MigrationError('config', faults.join('; '), {
    hint: 'Correct the name, or unset it; mlflow-migrate help all lists them',
  });
}
