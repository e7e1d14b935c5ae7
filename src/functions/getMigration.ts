import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { BlobStore } from '../storage/blobs.ts';
import { jsonAnswer } from './httpAnswer.ts';
import { describeMigration, requireMigration } from './migrations.ts';

/** `GET /api/migrations/{id}`: where a migration stands. */
export const getMigration =
  (blobs: BlobStore) =>
  async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const found = await requireMigration(df.getClient(context), request.params['id'] ?? '');
    return jsonAnswer(200, await describeMigration(blobs, found, Date.now()));
  };
