import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { MigrationList, MigrationStatus } from '../contract/migrationStatus.ts';
import { MigrationError } from '../errors.ts';
import { completeStarts, type ListedStart, latestStarts, START_CURSOR } from '../runtime/startIndex.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { jsonAnswer } from './answerHttp.ts';
import { concludedOutput } from './concludeRun.ts';
import { describeMigration, findMigration, isRun } from './findMigration.ts';
import { liftSuspension } from './liftSuspension.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';

const MAX_LISTED = 50;
/** Migrations that are looked up at once. */
const AT_ONCE = 10;

/** The SDK leaves the times of lists as texts, against its own types. */
function created({ createdTime }: { createdTime: Date | string }) {
  return new Date(createdTime).getTime();
}

/**
 * `GET /api/migrations`: the latest migrations, newest first; `?after=` of the answer's `next` for those before them. What it
 * costs depends on how many it shows, not on how many ever ran.
 */
export function listMigrations(blobs: BlobStore) {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    refuseQueryKeys(request, ['after'], 'The only key of the list is after, with what the previous list has in next');
    const client = df.getClient(context);
    const after = afterOf(request);
    const all = (await latestStarts(blobs)) ?? (await allStarts(client, blobs));
    const starts = after === null ? all : all.filter(({ cursor }) => cursor > after);
    const found: { readonly cursor: string; readonly status: MigrationStatus }[] = [];
    for (let from = 0; from < starts.length && found.length < MAX_LISTED; from += AT_ONCE) {
      const some = await Promise.all(
        starts.slice(from, from + AT_ONCE).map(async ({ id, cursor }) => {
          const status = await describe(client, blobs, id);
          return status === null ? [] : [{ cursor, status }];
        }),
      );
      found.push(...some.flat());
    }
    const listed = found.slice(0, MAX_LISTED);
    const last = listed.at(-1)?.cursor;
    const hasMore = listed.length === MAX_LISTED && last !== undefined && last < (starts.at(-1)?.cursor ?? '');
    return jsonAnswer(200, {
      migrations: listed.map(({ status }) => status),
      next: hasMore ? `/api/migrations?after=${last}` : null,
    } satisfies MigrationList);
  };
}

function afterOf(request: HttpRequest): string | null {
  const after = request.query.get('after');
  if (after === null || START_CURSOR.test(after)) return after;
  throw new MigrationError('usage', 'after takes what the previous list has in next', {
    hint: 'Leave it out for the latest migrations',
  });
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
