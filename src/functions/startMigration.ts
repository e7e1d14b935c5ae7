import { randomUUID } from 'node:crypto';
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { type MigrationRequest, parseStartRequest, toMigrationRequest } from '../config/schemas/startRequest.ts';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { ORCHESTRATORS } from '../orchestrators/names.ts';
import type { BlobStore } from '../storage/blobs.ts';
import { blobPaths } from '../work/blobPaths.ts';
import { HttpError, jsonAnswer, readJsonBody } from './httpAnswer.ts';
import { findMigration, isUnderWay } from './migrations.ts';

/** `POST /api/migrations`: starts a migration by the names of its connections; `change` is what analyses set. */
export const startMigration =
  (blobs: BlobStore, change: Partial<MigrationRequest> = {}) =>
  async (httpRequest: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const request = { ...toMigrationRequest(parseStartRequest(await readJsonBody(httpRequest))), ...change };
    const client = df.getClient(context);
    const id = request.name ?? `migration-${randomUUID().slice(0, 8)}`;
    // What an earlier migration of this name left would be taken for this one's, but for throughput that it could not set
    // back, which is still to be; what another start of the same name, that was faster, writes meanwhile is not that.
    await blobs.clear(blobPaths.all(id), {
      except: [blobPaths.throughput(id)],
      check: () => refuseIfRunning(client, id),
    });
    const input: MigrateInput = { id, request, state: null };
    try {
      await client.startNew(ORCHESTRATORS.migrate, { instanceId: id, input });
    } catch (error) {
      // Another start may have come between.
      await refuseIfRunning(client, id);
      throw error;
    }
    const statusUrl = statusUrlOf(id);
    return jsonAnswer(202, { id, status: 'pending', statusUrl }, { location: statusUrl });
  };

async function refuseIfRunning(client: df.DurableClient, id: string): Promise<void> {
  const existing = await findMigration(client, id);
  if (existing === null || !isUnderWay(existing)) return;
  const statusUrl = statusUrlOf(id);
  throw new HttpError(
    'conflict',
    `Migration ${id} is under way already`,
    `Look at ${statusUrl}; wait for it, resume it, cancel it, or choose another name`,
    { fields: { id, statusUrl } },
  );
}

const statusUrlOf = (id: string): string => `/api/migrations/${id}`;
