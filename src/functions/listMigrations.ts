import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { isFinal, type MigrationList, type MigrationStatus } from '../contract/migrationStatus.ts';
import { completeStarts, type ListedStart, latestStarts } from '../runtime/startIndex.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { jsonAnswer } from './answerHttp.ts';
import { concludedOutput } from './concludeRun.ts';
import { describeMigration, findMigration, isRun } from './findMigration.ts';
import { liftSuspension } from './liftSuspension.ts';
import { type ListFilter, mayMatch, nextQuery, readListFilter } from './listFilter.ts';

const MAX_LISTED = 50;
/** Migrations that are looked up at once. */
const AT_ONCE = 10;

/** The SDK leaves the times of lists as texts, against its own types. */
function created({ createdTime }: { createdTime: Date | string }) {
  return new Date(createdTime).getTime();
}

/**
 * `GET /api/migrations`: the latest migrations, newest first; `?after=` of the answer's `next` for those before them, `search`,
 * `kind` and `status` for some of them. What it costs depends on how many it shows, not on how many ever ran; but where only
 * some that have ended are asked for, those between them are looked at too.
 */
export function listMigrations(blobs: BlobStore) {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const filter = readListFilter(request);
    const client = df.getClient(context);
    const all = (await latestStarts(blobs)) ?? (await allStarts(client, blobs));
    const starts = await amongUnderWay(
      client,
      filter,
      all.filter((start) => mayMatch(start, filter)),
    );
    const found: { readonly cursor: string; readonly status: MigrationStatus }[] = [];
    for (let from = 0; from < starts.length && found.length < MAX_LISTED; from += AT_ONCE) {
      const some = await Promise.all(
        starts.slice(from, from + AT_ONCE).map(async ({ id, cursor }) => {
          const status = await describe(client, blobs, id);
          const isWanted = status !== null && (filter.statuses?.includes(status.status) ?? true);
          return isWanted ? [{ cursor, status }] : [];
        }),
      );
      found.push(...some.flat());
    }
    const listed = found.slice(0, MAX_LISTED);
    const last = listed.at(-1)?.cursor;
    const hasMore = listed.length === MAX_LISTED && last !== undefined && last < (starts.at(-1)?.cursor ?? '');
    return jsonAnswer(200, {
      migrations: listed.map(({ status }) => status),
      next: hasMore ? `/api/migrations?${nextQuery(filter, last)}` : null,
    } satisfies MigrationList);
  };
}

const { Pending, Running, ContinuedAsNew, Suspended } = df.OrchestrationRuntimeStatus;

/** Where none that has ended is asked for, Durable knows those under way: few, however many ever ran. */
async function amongUnderWay(
  client: df.DurableClient,
  { statuses }: ListFilter,
  starts: readonly ListedStart[],
): Promise<readonly ListedStart[]> {
  if (statuses === null || statuses.some(isFinal)) return starts;
  const active = await client.getStatusBy({ runtimeStatus: [Pending, Running, ContinuedAsNew, Suspended] });
  const ids = new Set(active.map(({ instanceId }) => instanceId));
  return starts.filter(({ id }) => ids.has(id));
}

/** Null for one whose history was purged, or that was never begun. */
async function describe(client: df.DurableClient, blobs: BlobStore, id: string): Promise<MigrationStatus | null> {
  const found = await findMigration(client, id);
  if (found === null) return null;
  await liftSuspension(client, blobs, found);
  return await describeMigration(blobs, found, Date.now(), await concludedOutput(client, found));
}

/** Once: all runs of before the index, with all that ever ran beside them. */
async function allStarts(client: df.DurableClient, blobs: BlobStore): Promise<readonly ListedStart[]> {
  const runs = (await client.getStatusAll()).filter(({ name }) => isRun(name));
  await completeStarts(
    blobs,
    runs.map((run) => ({ id: run.instanceId, at: created(run) })),
  );
  return (await latestStarts(blobs)) ?? [];
}
