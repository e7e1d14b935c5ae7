import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { differenceLines } from '../runtime/differenceLines.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { requireMigration } from './findMigration.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';

/** `GET /api/migrations/{id}/differences`: what was found different and what was deleted, a JSON document a line, one blob in memory at a time. */
export function getDifferences(blobs: BlobStore) {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    refuseQueryKeys(request, [], 'Leave it out: this route takes none');
    const found = await requireMigration(df.getClient(context), request.params['id'] ?? '');
    return {
      status: 200,
      headers: {
        'content-type': 'application/x-ndjson; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
      body: ReadableStream.from(encoded(differenceLines(blobs, found.instanceId))),
    };
  };
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}
