import type { DifferenceKind, Finding } from '../contract/migrationReport.ts';
import { FINDINGS } from '../contract/storedFindings.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { getRecord } from './records.ts';

/**
 * Differences of a migration as lines of JSON (table, key, field, types on both sides, kind; never a value): documents that
 * were deleted, all of them, with `"deleted": true`; then the rows and documents that its findings name, which are fifty for
 * each range and check at most. Each text is one or more whole lines.
 */
export async function* differenceLines(blobs: BlobStore, id: string): AsyncGenerator<string> {
  for (const path of await blobs.list(blobPaths.allDifferences(id))) yield (await blobs.get(path)) ?? '';
  for (const path of await blobs.list(blobPaths.findings(id))) {
    for (const finding of (await getRecord(blobs, path, FINDINGS))?.findings ?? []) {
      if (finding.severity !== 'error' || finding.key === undefined) continue;
      const { table, key, field, sourceType, targetType } = finding;
      yield `${JSON.stringify({ table, key, field, sourceType, targetType, kind: differenceKind(finding) })}\n`;
    }
  }
}

function differenceKind({ check, kind }: Finding): DifferenceKind {
  if (kind !== undefined) return kind;
  if (check === 'copy') return 'refused';
  return check === 'counts' ? 'extra' : 'differs';
}
