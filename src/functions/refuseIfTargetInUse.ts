import { isDeepStrictEqual } from 'node:util';
import { type DurableClient, OrchestrationRuntimeStatus } from 'durable-functions';
import { settingOf } from '../config/settingOf.ts';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import { LAYOUT_TRAITS } from '../contract/layoutName.ts';
import type { MigrateInput } from '../contract/migration.ts';
import { MigrationRequest, type TargetRef } from '../contract/migrationRequest.ts';
import { runKindOf } from '../contract/runKind.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { HttpError } from './answerHttp.ts';
import { describeMigration, findMigration, isUnderWay } from './findMigration.ts';
import { statusUrlOf } from './urls.ts';

const { Pending, Running, ContinuedAsNew, Suspended } = OrchestrationRuntimeStatus;

/**
 * Refuses a migration while one of another id writes to the same collections, as far as their requests tell. What they
 * cannot tell (another app, another name of the same target) is found by preflight in the target itself.
 */
export async function refuseIfTargetInUse(
  client: DurableClient,
  blobs: BlobStore,
  id: string,
  request: MigrationRequest,
): Promise<void> {
  if (runKindOf(request) !== 'migration') return;
  // Runs under way only: all that ever ran, with their lanes, are many pages.
  const active = await client.getStatusBy({ runtimeStatus: [Pending, Running, ContinuedAsNew, Suspended] });
  for (const { name, instanceId } of active) {
    if (name !== ORCHESTRATORS.migrate || instanceId === id) continue;
    const found = await findMigration(client, instanceId);
    if (found === null || !isUnderWay(found)) continue;
    const { data: other } = MigrationRequest.safeParse((found.input as Partial<MigrateInput> | null)?.request);
    if (other === undefined || !canMeet(request, other)) continue;
    const { lastSignAt } = await describeMigration(blobs, found, Date.now());
    const statusUrl = statusUrlOf(instanceId);
    throw new HttpError(
      'target-in-use',
      `Migration ${instanceId} writes to the same target; it was last heard of at ${lastSignAt}`,
      `Look at ${statusUrl}; wait until it has ended, cancel it, or go on with it under its name`,
      { fields: { id: instanceId, statusUrl } },
    );
  }
}

/** Can both write to one collection? Lists of tables tell that only where each has a collection of its own in both layouts. */
export function canMeet(one: MigrationRequest, other: MigrationRequest): boolean {
  if (runKindOf(one) !== 'migration' || runKindOf(other) !== 'migration') return false;
  if (!isDeepStrictEqual(comparable(one.target), comparable(other.target))) return false;
  if ([one, other].some(({ layout }) => LAYOUT_TRAITS[layout].sharesCollections)) return true;
  const [tables, others] = [one.tables, other.tables].map((list) => list?.map((table) => table.toLowerCase()));
  return tables === undefined || others === undefined || tables.some((table) => others.includes(table));
}

/** What of a reference says which target it is. Neither settings, Key Vault nor Azure tell apart what is made equal here. */
function comparable(target: TargetRef): object {
  switch (target.kind) {
    case 'secret':
      return { secret: settingOf(target.secret), database: target.database };
    case 'cosmos-identity':
      return { account: target.account.toLowerCase(), database: target.database };
  }
}
