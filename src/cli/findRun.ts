import { MigrationError } from '../errors.ts';
import type { MigrationStatus } from '../report/status.ts';
import type { ApiClient } from './apiClient.ts';
import { isFinal } from './follow.ts';

const newestFirst = (a: MigrationStatus, b: MigrationStatus): number =>
  (b.startedAt ?? '').localeCompare(a.startedAt ?? '');

/** The newest run of that name or id, or of any without one; runs under way come first. Null when there is none. */
export const findRun = async (client: ApiClient, wanted: string | null): Promise<MigrationStatus | null> => {
  const runs = await client.list();
  const matching = runs
    .filter(({ id, name }) => wanted === null || id === wanted || name === wanted)
    .toSorted(newestFirst);
  const found = matching.find(({ status }) => !isFinal(status)) ?? matching[0];
  if (found !== undefined) return found;
  if (wanted === null) return null;
  try {
    // The list may be bounded; an id is found all the same.
    return await client.status(wanted);
  } catch (error) {
    if (error instanceof MigrationError && error.kind === 'not-found') return null;
    throw error;
  }
};

/** As {@link findRun}, but none is MigrationError('not-found'). */
export const requireRun = async (client: ApiClient, wanted: string | null): Promise<MigrationStatus> => {
  const run = await findRun(client, wanted);
  if (run !== null) return run;
  const what = wanted === null ? 'no migration' : `no migration ${wanted}`;
  throw new MigrationError('not-found', `There is ${what} in the app at ${client.host}`, {
    hint: 'Check --name, --url and --state-dir',
  });
};
