import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { FLAVOUR_NAMES } from '../contract/flavour.ts';
import type { MigrationSeries } from '../contract/migrationSeries.ts';
import { PLAN_SUMMARY, type PlanSummary } from '../contract/plan.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { VERSION } from '../runtime/program.ts';
import { readSeries } from '../runtime/readProgress.ts';
import { getIfReadable } from '../runtime/records.ts';
import { readWord } from '../runtime/storedWord.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { jsonAnswer } from './answerHttp.ts';
import { describeMigration, eventsOf, requireMigration } from './findMigration.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';
import { timelineOf } from './timelineOf.ts';

/** `GET /api/migrations/{id}/series`: what a migration did over time, and what happened when; there as long as its report is. */
export function getSeries(blobs: BlobStore) {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    refuseQueryKeys(request, [], 'Leave it out: this route takes none');
    const found = await requireMigration(df.getClient(context), request.params['id'] ?? '');
    const id = found.instanceId;
    const nowMs = Date.now();
    const [{ stepSeconds, points: noted }, summary, word, status] = await Promise.all([
      readSeries(blobs, id),
      getIfReadable(blobs, blobPaths.summary(id), PLAN_SUMMARY),
      readWord(blobs, id),
      describeMigration(blobs, found, nowMs),
    ]);
    // The stretch under way is not full: its average would look as if the run had slowed down.
    const points = noted.filter(([at]) => (at + 1) * stepSeconds * 1000 <= nowMs);
    const series: MigrationSeries = {
      id,
      stepSeconds,
      at: points.map(([at]) => at * stepSeconds),
      rowsPerSecond: points.map(([, rows]) => Math.round(rows / stepSeconds)),
      bytesPerSecond: points.map(([, , bytes]) => Math.round(bytes / stepSeconds)),
      requestUnitsPerSecond: points.map(([, , , , units]) => Math.round(units / stepSeconds)),
      refused: points.map(([, , , refused]) => refused),
      lagSeconds: points.map(([, , , , , lag]) => lag),
      requestUnitsLimit: summary?.requestUnitsPerSecond ?? null,
      versions: versionsOf(summary),
      events: timelineOf({ noted: eventsOf(found), word, points, stepSeconds, status }),
    };
    return jsonAnswer(200, series);
  };
}

function versionsOf(summary: PlanSummary | null): MigrationSeries['versions'] {
  const { postgresVersion = null, targetVersion, flavour } = summary ?? {};
  const target = flavour === undefined ? null : `${FLAVOUR_NAMES[flavour]} ${targetVersion ?? ''}`.trim();
  return { program: VERSION, postgres: postgresVersion, target };
}
