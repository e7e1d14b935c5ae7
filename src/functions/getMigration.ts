import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { BlobStore } from '../storage/blobStore.ts';
import { jsonAnswer } from './answerHttp.ts';
import { concludeRun } from './concludeRun.ts';
import { describeMigration, requireMigration } from './findMigration.ts';
import { liftSuspension } from './liftSuspension.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';

/** `GET /api/migrations/{id}`: where a migration stands. One that Durable itself has ended is brought to its end: see {@link concludeRun}. */
export function getMigration(blobs: BlobStore) {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    refuseQueryKeys(request, [], 'Leave it out: this route takes none');
    const client = df.getClient(context);
    const found = await requireMigration(client, request.params['id'] ?? '');
    await liftSuspension(client, blobs, found);
    const { output } = await concludeRun(client, blobs, found);
    return jsonAnswer(200, await describeMigration(blobs, found, Date.now(), output));
  };
}
