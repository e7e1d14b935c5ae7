import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import type { ApiClient } from '../app/apiClient.ts';
import { unknownName } from '../place/unknownName.ts';

function byStart(a: MigrationStatus, b: MigrationStatus): number {
  return (b.startedAt ?? '').localeCompare(a.startedAt ?? '');
}

async function runOfId(client: ApiClient, id: string): Promise<MigrationStatus | null> {
  try {
    return await client.status(id);
  } catch (error) {
    if (error instanceof MigrationError && error.kind === 'not-found') return null;
    throw error;
  }
}

/** The run of that id, else the newest of that name, or of any without one; runs under way come first. Null when there is none. */
export async function findRun(client: ApiClient, wanted: string | null): Promise<MigrationStatus | null> {
  const exact = wanted === null ? null : await runOfId(client, wanted);
  if (exact !== null) return exact;
  const runs = await client.list();
  const matching = runs.filter(({ name }) => wanted === null || name === wanted).toSorted(byStart);
  return matching.find(({ status }) => !isFinal(status)) ?? matching[0] ?? null;
}

/** The failure of a name that no run of the app has. */
export async function unknownRun(client: ApiClient, name: string, otherwise: string): Promise<MigrationError> {
  const names = new Set((await client.list()).map((run) => run.name));
  return unknownName(name, `in the app at ${client.host}`, [...names], otherwise);
}

/** The first of several names or ids that leads to a run; none at all means any run. MigrationError('not-found') when there is none. */
export async function requireRun(client: ApiClient, wanted: readonly string[]): Promise<MigrationStatus> {
  for (const one of wanted.length === 0 ? [null] : wanted) {
    const run = await findRun(client, one);
    if (run !== null) return run;
  }
  const otherwise = 'Check --name, --url and --state-dir';
  if (wanted[0] !== undefined) throw await unknownRun(client, wanted[0], otherwise);
  throw new MigrationError('not-found', `There is no migration in the app at ${client.host}`, { hint: otherwise });
}
