import { PLAN_SUMMARY, type PlanSummary } from '../../contract/plan.ts';
import { EARLIER_SERIES } from '../../contract/progressSeries.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { readReached, readSeries, readWork } from '../../runtime/readProgress.ts';
import { putRecord } from '../../runtime/records.ts';
import type { BlobStore } from '../../storage/blobStore.ts';

/**
 * Begins to count for a plan, which may be another one of a run under way: what was counted for the one before is dropped, and
 * the percentage goes on from there. It is kept before anything is dropped: of a run that is looked at, or killed, between any
 * two of these steps, it does not fall. The series over time is kept too, and when there was work.
 */
export async function beginProgress(
  blobs: BlobStore,
  id: string,
  summary: Omit<PlanSummary, 'reached'>,
): Promise<void> {
  const { percent: reached, summary: before } = await readReached(blobs, id);
  if (before !== null) await putRecord(blobs, blobPaths.summary(id), PLAN_SUMMARY, { ...before, reached });
  const [series, work] = await Promise.all([readSeries(blobs, id), readWork(blobs, id)]);
  if (series.points.length + work.length > 0) {
    await putRecord(blobs, blobPaths.earlierSeries(id), EARLIER_SERIES, { ...series, work });
  }
  await blobs.clear(blobPaths.progress(id));
  await putRecord(blobs, blobPaths.summary(id), PLAN_SUMMARY, { ...summary, reached });
}
