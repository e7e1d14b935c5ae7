import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import type { MigrationStatus } from '../contract/status.ts';
import { completeStarts, latestStarts } from '../runtime/startIndex.ts';
import type { BlobStore } from '../storage/blobs.ts';
import { jsonAnswer } from './httpAnswer.ts';
import { describeMigration, findMigration } from './migrations.ts';

const MAX_LISTED = 50;
/** Migrations that are looked up at once. */
const AT_ONCE = 10;

/** The SDK leaves the times of lists as texts, against its own types. */
const created = ({ createdTime }: { createdTime: Date | string }) => new Date(createdTime).getTime();

/** `GET /api/migrations`: the latest migrations, newest first. What it costs depends on how many it shows, not on how many ever ran. */
export const listMigrations =
  (blobs: BlobStore) =>
  async (_request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const client = df.getClient(context);
    const ids = (await latestStarts(blobs)) ?? (await allStarts(client, blobs));
    const migrations: MigrationStatus[] = [];
    for (let from = 0; from < ids.length && migrations.length < MAX_LISTED; from += AT_ONCE) {
      const some = await Promise.all(ids.slice(from, from + AT_ONCE).map((id) => describe(client, blobs, id)));
      migrations.push(...some.filter((one) => one !== null));
    }
    return jsonAnswer(200, { migrations: migrations.slice(0, MAX_LISTED) });
  };

/** Null for one whose history was purged, or that was never begun. */
async function describe(client: df.DurableClient, blobs: BlobStore, id: string): Promise<MigrationStatus | null> {
  const found = await findMigration(client, id);
  return found === null ? null : await describeMigration(blobs, found, Date.now());
}

/** Once: all runs of before the index, with all that ever ran beside them. */
async function allStarts(client: df.DurableClient, blobs: BlobStore): Promise<readonly string[]> {
  const runs = (await client.getStatusAll()).filter(({ name }) => name === ORCHESTRATORS.migrate);
  await completeStarts(
    blobs,
    runs.map((run) => ({ id: run.instanceId, at: created(run) })),
  );
  return (await latestStarts(blobs)) ?? [];
}
