import { RUN_KINDS, type RunKind, runKindOfId } from '../contract/runKind.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';

/** Starts that are kept in the index; a list shows fifty of them at once. */
const MAX_KEPT = 500;
/** Blobs come in the order of their names: the later the start, the smaller the number. Thirteen digits last until the year 2286. */
const LAST_MS = 9_999_999_999_999;

interface Start {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** By default what the id says. */
  readonly kind?: RunKind;
}

/** A run in the order of starts. Cursors grow from the latest to the first: what comes after one stays the same, whatever is started meanwhile. */
export interface ListedStart {
  readonly id: string;
  readonly kind: RunKind;
  readonly cursor: string;
}

/** What {@link ListedStart} has for a cursor. */
export const START_CURSOR = /^\d{13}\.[A-Za-z0-9_-]{1,100}(?:\.[a-z]{1,20})?$/;

/**
 * Notes that a run begins, in place of earlier ones of the same id. The history of Durable Functions knows all runs too, but
 * among them stand the children of each, which no query leaves out: hundreds of finished migrations are thousands of rows.
 */
export async function recordStart(blobs: BlobStore, start: Start): Promise<void> {
  const { id, at } = start;
  const before = await startsIn(blobs);
  await blobs.put(pathOf(start), '{}', 'application/json');
  const gone = before.filter((other, index) => other.id === id || index >= MAX_KEPT);
  for (const other of gone) if (other.at !== at || other.id !== id) await blobs.clear(pathOf(other));
}

/** All runs that are known, the latest first; null where runs of before the index are not in it yet. */
export async function latestStarts(blobs: BlobStore): Promise<readonly ListedStart[] | null> {
  if ((await blobs.get(blobPaths.startsComplete())) === null) return null;
  // Of one that was started again the entry of before may still be there.
  const latest = new Map<string, ListedStart>();
  for (const start of await startsIn(blobs)) {
    if (!latest.has(start.id)) latest.set(start.id, { id: start.id, kind: start.kind, cursor: entryName(start) });
  }
  return [...latest.values()];
}

/** Takes runs into the index that began before there was one: from then on it holds all. */
export async function completeStarts(blobs: BlobStore, runs: readonly Start[]): Promise<void> {
  const known = new Set((await startsIn(blobs)).map(({ id }) => id));
  const latest = runs.toSorted((a, b) => b.at - a.at).slice(0, MAX_KEPT);
  for (const run of latest) if (!known.has(run.id)) await blobs.put(pathOf(run), '{}', 'application/json');
  await blobs.put(blobPaths.startsComplete(), '{}', 'application/json');
}

async function startsIn(blobs: BlobStore): Promise<Required<Start>[]> {
  const prefix = blobPaths.starts();
  const names = (await blobs.list(prefix)).map((path) => path.slice(prefix.length)).toSorted();
  return names.flatMap((name) => {
    const [, inverted, id, told] = /^(\d{13})\.([A-Za-z0-9_-]+)(?:\.([a-z]+))?$/.exec(name) ?? [];
    if (inverted === undefined || id === undefined) return [];
    const kind = RUN_KINDS.find((one) => one === told) ?? runKindOfId(id);
    return [{ id, at: LAST_MS - Number(inverted), kind }];
  });
}

function pathOf(start: Start): string {
  return `${blobPaths.starts()}${entryName(start)}`;
}

/** The kind stands in it where the id says another: earlier releases know entries without one only. */
function entryName({ id, at, kind = runKindOfId(id) }: Start): string {
  const told = kind === runKindOfId(id) ? '' : `.${kind}`;
  return `${String(LAST_MS - at).padStart(13, '0')}.${id}${told}`;
}
