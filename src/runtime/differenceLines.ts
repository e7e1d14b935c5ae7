import { differenceLine, differenceOf } from '../contract/difference.ts';
import { DIFFERENCES } from '../contract/storedDifferences.ts';
import { FINDINGS } from '../contract/storedFindings.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { getRecord } from './records.ts';

/**
 * Differences of a migration as lines of JSON (table, key, field, types on both sides, kind; never a value): documents that
 * were deleted, with `"deleted": true`; then every row and document that differs, those that were written again and are equal now
 * with `"repaired": true`. Each text is one or more whole lines, a megabyte or little more.
 */
export async function* differenceLines(blobs: BlobStore, id: string): AsyncGenerator<string> {
  for (const path of await blobs.list(blobPaths.allDifferences(id))) yield (await blobs.get(path)) ?? '';
  const steps = await stepsWithDifferences(blobs, id);
  for (const step of steps.filter((name) => !isSuperseded(name, steps))) {
    const folder = blobPaths.foundParts(id, step);
    const found = await getRecord(blobs, blobPaths.foundBy(id, step), DIFFERENCES);
    for (const part of found?.parts ?? []) yield (await blobs.get(folder + part)) ?? '';
  }
  yield* ofOtherFindings(blobs, id, steps);
}

async function stepsWithDifferences(blobs: BlobStore, id: string): Promise<string[]> {
  const prefix = blobPaths.found(id);
  const names = (await blobs.list(prefix)).map((path) => path.slice(prefix.length));
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
}

/** A row that the copy could not carry is met again by the comparison of its unit, and told once. */
function isSuperseded(step: string, steps: readonly string[]): boolean {
  const unit = /^copy-(\d+)/.exec(step)?.[1];
  return unit !== undefined && steps.some((other) => /^validate-(\d+)/.exec(other)?.[1] === unit);
}

/** What the checks of whole collections name, and what steps of an earlier release have named, which kept no other record of it. */
async function* ofOtherFindings(blobs: BlobStore, id: string, steps: readonly string[]): AsyncGenerator<string> {
  const prefix = blobPaths.findings(id);
  for (const path of await blobs.list(prefix)) {
    const step = path.slice(prefix.length, -'.json'.length);
    if (steps.some((known) => known === step || known.startsWith(`${step}-group-`))) continue;
    for (const finding of (await getRecord(blobs, path, FINDINGS))?.findings ?? []) {
      const difference = differenceOf(finding);
      if (difference !== null) yield differenceLine(difference);
    }
  }
}
