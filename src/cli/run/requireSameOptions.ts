import { toMigrationRequest } from '../../config/schemas/parseStartRequest.ts';
import { toStartRequest } from '../../config/schemas/toStartRequest.ts';
import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import type { StartRequest } from '../../contract/startRequest.ts';
import { MigrationError } from '../../errors.ts';
import type { ApiClient } from '../app/apiClient.ts';
import { commandFor, type RunPlace } from '../place/commandFor.ts';

/** Keys of a start request that ask for nothing of a run that has begun. */
const LEFT_OUT: readonly string[] = ['name', 'defaults', 'dropTarget', 'allowExisting'];

/** Where a key is not named as its option is. */
const OPTION_OF: Readonly<Record<string, string>> = {
  artifacts: '--map-artifacts',
  catchUp: '--catch-up',
  adoptTarget: '--adopt-target',
  ...Object.fromEntries(
    ['layout', 'tables', 'exclude', 'workspace', 'experiments', 'follow'].map((key) => [key, `--${key}`]),
  ),
  ...Object.fromEntries(
    ['batch_size', 'validate', 'parallel', 'unique_indexes', 'allow_deletes'].map((key) => [
      `migration_settings.${key}`,
      `--${key.replace('_', '-')}`,
    ]),
  ),
};

/** Every key of a request, those below another one with both, and what it says. */
function flat(request: StartRequest): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(request).flatMap(([key, value]): [string, unknown][] =>
      typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value).map(([below, one]) => [`${key}.${below.replace('validate_data', 'validate')}`, one])
        : [[key, value]],
    ),
  );
}

/** Does a run that has the one do what the other asks for? Lists say the same in any order, and somebody who was asked may have agreed to more. */
function isMet(key: string, has: unknown, wants: unknown): boolean {
  if (key.startsWith('migration_settings.allow_') && has === 'all') return true;
  const [one, other] = [has, wants].map((value) =>
    JSON.stringify(Array.isArray(value) ? value.map((item) => JSON.stringify(item)).toSorted() : value),
  );
  return one === other;
}

/** Of some keys the options for which the one request says something else than the other. */
function othersAmong(keys: readonly string[], begun: StartRequest, asked: StartRequest): string[] {
  const has = flat(begun);
  const wants = flat(toStartRequest(toMigrationRequest(asked)));
  return keys
    .filter((key) => !LEFT_OUT.includes(key) && !isMet(key, has.get(key), wants.get(key)))
    .map((key) => OPTION_OF[key] ?? key);
}

/**
 * The options for which a run that is started again does something else than it was begun to do, those that are left out now
 * among them. None where an app cannot tell.
 */
export async function otherOptions(
  client: Pick<ApiClient, 'begunWith'>,
  run: Pick<MigrationStatus, 'id'>,
  asked: StartRequest,
): Promise<string[]> {
  const begun = await client.begunWith(run.id);
  // What differs beside options is how the app and its caller were set up.
  return begun === null ? [] : othersAmong(Object.keys(OPTION_OF), begun, asked);
}

/**
 * Throws MigrationError('usage') where what is asked for is not what a run was begun with, as it goes on with that: what is left
 * out is not asked for. An app of a release that cannot tell is believed.
 */
export async function requireSameOptions(
  client: Pick<ApiClient, 'begunWith'>,
  run: Pick<MigrationStatus, 'id' | 'name' | 'status'>,
  asked: StartRequest,
  place: RunPlace,
): Promise<void> {
  const begun = await client.begunWith(run.id);
  if (begun === null) return;
  const other = othersAmong([...flat(asked).keys()], begun, asked);
  if (other.length === 0) return;
  const names = other.join(', ');
  const verb = other.length === 1 ? 'asks' : 'ask';
  const [message, hint] = isFinal(run.status)
    ? [
        `${run.name} has ended already, and ${names} ${verb} for something else than it was begun with`,
        `Its report: ${commandFor('report', run.name, place)}. To run it as asked for now, leave --resume out`,
      ]
    : [
        `${run.name} goes on with what it was begun with, and ${names} ${verb} for something else`,
        `To go on, leave ${other.length === 1 ? 'it' : 'them'} out. To have it as asked for now, end it first: ${commandFor('cancel', run.name, place)}; then the same command starts it again and copies only what is missing`,
      ];
  throw new MigrationError('usage', message, { hint });
}
