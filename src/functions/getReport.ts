import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { REPORT_DOCUMENTS, type ReportDocument } from '../contract/reportFiles.ts';
import { MigrationError } from '../errors.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { earlierRuns, MAX_EARLIER_REPORTS } from '../runtime/earlierReports.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { concludeRun, untilConcluded } from './concludeRun.ts';
import { isUnderWay, requireMigration } from './findMigration.ts';
import { liftSuspension } from './liftSuspension.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';

const CONTENT_TYPES = {
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  html: 'text/html; charset=utf-8',
  plan: 'application/json; charset=utf-8',
  manifest: 'application/json; charset=utf-8',
} as const satisfies Record<ReportDocument, string>;

/** The report of a migration that Durable ended is written when it is asked for, and waited for so long. */
const PATIENCE_MS = 30_000;

/** `GET /api/migrations/{id}/report`, with `?format=` one of {@link REPORT_DOCUMENTS}; `?earlier=1` for the run of that id before, and so on. */
export function getReport(blobs: BlobStore) {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    refuseQueryKeys(request, ['format', 'earlier'], 'The keys of a report are format and earlier, each once');
    const client = df.getClient(context);
    const found = await requireMigration(client, request.params['id'] ?? '');
    const format = documentAskedFor(request);
    await liftSuspension(client, blobs, found);
    const { isOpen } = await concludeRun(client, blobs, found);
    if (isOpen) await untilConcluded(client, found.instanceId, PATIENCE_MS);
    const place = await reportPlace(request, blobs, found.instanceId);
    const content = await blobs.get(format === 'plan' ? blobPaths.plan(place) : blobPaths.report(place, format));
    if (content === null) {
      throw new MigrationError('not-found', `Migration ${found.instanceId} has no report yet`, {
        hint: isUnderWay(found)
          ? 'It is written when the migration ends; ?earlier=1 is that of the previous run of this name'
          : 'The migration ended before it could write one; where Durable ended it, one is being written: ask again in a minute',
      });
    }
    return {
      status: 200,
      headers: {
        'content-type': CONTENT_TYPES[format],
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      },
      body: content,
    };
  };
}

function documentAskedFor(request: HttpRequest): ReportDocument {
  const asked = request.query.get('format') ?? 'json';
  const format = REPORT_DOCUMENTS.find((known) => known === asked);
  if (format !== undefined) return format;
  throw new MigrationError('usage', `There is no report format ${asked.slice(0, 20)}`, {
    hint: 'The formats are json (the default), text, html, plan and manifest',
  });
}

/** What stands for the id in the path of the report that is asked for. */
async function reportPlace(request: HttpRequest, blobs: BlobStore, id: string): Promise<string> {
  const earlier = request.query.get('earlier');
  if (earlier === null) return id;
  if (!/^\d{1,3}$/.test(earlier) || Number(earlier) < 1) {
    throw new MigrationError('usage', 'earlier takes a whole number, 1 or more', {
      hint: `1 is the run before the latest; ${MAX_EARLIER_REPORTS} are kept`,
    });
  }
  const runs = await earlierRuns(blobs, id);
  const finishedAt = runs[Number(earlier) - 1];
  if (finishedAt === undefined) {
    throw new MigrationError('not-found', `Migration ${id} has ${runs.length} earlier reports`, {
      hint: `Leave earlier out for the latest; ${MAX_EARLIER_REPORTS} earlier ones are kept`,
    });
  }
  return blobPaths.earlierRun(id, finishedAt);
}
