import { REPORT_FORMATS } from '../contract/reportFiles.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';

/** Reports of earlier runs of one id that are kept. */
export const MAX_EARLIER_REPORTS = 10;

/** As what each rendering of a report, and its manifest, is stored. */
export const REPORT_TYPES = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  html: 'text/html; charset=utf-8',
  manifest: 'application/json',
} as const;

/**
 * Keeps the report that a new run of the id would write over, among the last {@link MAX_EARLIER_REPORTS}. Gives the paths of
 * all that is kept, which clearing the id must leave alone. May run twice.
 */
export async function keepEarlierReport(blobs: BlobStore, id: string): Promise<string[]> {
  const report = await blobs.get(blobPaths.report(id, 'json'));
  if (report !== null) {
    const { finishedAt } = JSON.parse(report) as { readonly finishedAt: string };
    const run = blobPaths.earlierRun(id, finishedAt);
    for (const format of [...REPORT_FORMATS, 'manifest'] as const) {
      const content = format === 'json' ? report : await blobs.get(blobPaths.report(id, format));
      if (content !== null) await blobs.put(blobPaths.report(run, format), content, REPORT_TYPES[format]);
    }
  }
  const runs = await earlierRuns(blobs, id);
  for (const finishedAt of runs.slice(MAX_EARLIER_REPORTS)) {
    await blobs.clear(`${blobPaths.earlierRun(id, finishedAt)}/`);
  }
  return await blobs.list(blobPaths.earlier(id));
}

/** When the earlier runs ended whose reports are kept, the latest first. */
export async function earlierRuns(blobs: BlobStore, id: string): Promise<string[]> {
  const prefix = blobPaths.earlier(id);
  const paths = await blobs.list(prefix);
  return [...new Set(paths.map((path) => path.slice(prefix.length).split('/')[0] ?? ''))].toSorted().reverse();
}
