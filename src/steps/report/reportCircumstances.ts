import type { DeletedDocuments } from '../../contract/facts.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import { DELETED } from '../../contract/storedVanished.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { ifReadable } from '../../runtime/ifReadable.ts';
import { getRecord } from '../../runtime/records.ts';
import type { PlannedWork, Services } from '../../runtime/services.ts';
import { readWord } from '../../runtime/storedWord.ts';
import { isWhole } from './countReportedRows.ts';
import type { ReportedRun } from './recallWork.ts';

/** Keys of deleted documents that a report lists for each table. */
const MAX_DELETED_KEYS = 50;

/** Keys of documents that the steps of this run have deleted, by table. */
export async function deletedDocuments(services: Services, id: string): Promise<Record<string, DeletedDocuments>> {
  const all: Record<string, DeletedDocuments> = {};
  for (const path of await services.blobs.list(blobPaths.deleted(id))) {
    const step = await getRecord(services.blobs, path, DELETED);
    for (const [table, { count, keys }] of Object.entries(step?.tables ?? {})) {
      const before = all[table] ?? { count: 0, keys: [] };
      all[table] = { count: before.count + count, keys: [...before.keys, ...keys].slice(0, MAX_DELETED_KEYS) };
    }
  }
  return all;
}

/** Collections of this run that hold other data as well. */
export async function sharedCollections(
  services: Services,
  { id, request, state }: ReportedRun,
  planned: PlannedWork | null,
): Promise<readonly string[]> {
  if (planned === null) return [];
  const { writer } = state;
  if (writer !== null && isWhole(state)) return await services.sharedCollections(id, writer);
  if (writer !== null) {
    // A run that did not come to its end has its report also where the record of its claim is lost.
    const shared = await ifReadable(services.sharedCollections(id, writer));
    return shared instanceof Error ? [] : shared;
  }
  const own = new Set(planned.layout.collections.map(({ collection }) => collection));
  return request.validateOnly ? planned.plan.shared.filter((name) => own.has(name)) : [];
}

/** The word that a cancelled run was ended by; what Durable itself has ended has none, and tells its cause among the problems. */
export async function cancellation(
  { blobs }: Services,
  { id, state }: ReportedRun,
): Promise<{ readonly at: string | null; readonly by: string | null } | null> {
  if (!state.isCancelled) return null;
  const said = await ifReadable(readWord(blobs, id));
  return said instanceof Error || said.word !== 'cancel' ? null : { at: said.at, by: said.by };
}

/** Names of both ends, also for a migration that failed before it had a plan. */
export async function displays(
  services: Services,
  request: MigrationRequest,
  planned: PlannedWork | null,
): Promise<{ source: string; target: string }> {
  if (planned !== null) return { source: planned.plan.source, target: planned.plan.target };
  const [source, target] = await Promise.allSettled([
    services.connections.useSource(request.source, async ({ display }) => display),
    services.connections.useTarget(request.target, async ({ display }) => display),
  ]);
  return {
    source: source.status === 'fulfilled' ? source.value : 'unknown',
    target: target.status === 'fulfilled' ? target.value : 'unknown',
  };
}
