import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { ORCHESTRATORS } from '../orchestrators/names.ts';
import type { BlobStore } from '../storage/blobs.ts';
import { jsonAnswer } from './httpAnswer.ts';
import { describeMigration, findMigration } from './migrations.ts';

const MAX_LISTED = 50;

/** The SDK leaves the times of lists as texts, against its own types. */
const created = ({ createdTime }: { createdTime: Date | string }) => new Date(createdTime).getTime();

/** `GET /api/migrations`: the latest migrations, newest first. */
export const listMigrations =
  (blobs: BlobStore) =>
  async (_request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const client = df.getClient(context);
    const all = (await client.getStatusAll()).filter(({ name }) => name === ORCHESTRATORS.migrate);
    const latest = all.sort((a, b) => created(b) - created(a)).slice(0, MAX_LISTED);
    const migrations = [];
    for (const { instanceId } of latest) {
      const found = await findMigration(client, instanceId);
      if (found !== null) migrations.push(await describeMigration(blobs, found, Date.now()));
    }
    return jsonAnswer(200, { migrations });
  };
