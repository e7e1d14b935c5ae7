import { OPERATOR_WORD, type OperatorWord } from '../contract/operatorWord.ts';
import type { WorkSpan } from '../contract/workSpan.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { readWork } from './readProgress.ts';
import { getIfReadable } from './records.ts';
import { gapsBetween, joinSpans } from './workSpans.ts';

/** Shorter gaps are the time that a step takes from one process to the next. */
const LEAST_REST_MS = 5_000;

/**
 * When nobody worked on a run that had begun: it was suspended, or its process was dead. `own` is what this process has to add to
 * what is stored. Before the first work that is known of nothing is said, as earlier releases have stored none.
 */
export async function readRests(blobs: BlobStore, id: string, own: readonly WorkSpan[]): Promise<readonly WorkSpan[]> {
  const [work, word] = await Promise.all([
    readWork(blobs, id),
    getIfReadable(blobs, blobPaths.control(id), OPERATOR_WORD),
  ]);
  const gaps = gapsBetween(joinSpans([...work, ...own])).filter(([from, to]) => to - from > LEAST_REST_MS);
  return joinSpans([...gaps, ...(word === null ? [] : suspensions(word))]);
}

/** When a run was to wait, by the operator's words: each until the next one. One that goes on has no end. */
function suspensions({ earlier = [], ...last }: OperatorWord): readonly WorkSpan[] {
  const words = [...earlier, last].flatMap(({ at, word }) => (at === null ? [] : [{ at: Date.parse(at), word }]));
  return words.flatMap(({ at, word }, index): WorkSpan[] =>
    word === 'suspend' ? [[at, words[index + 1]?.at ?? Number.POSITIVE_INFINITY]] : [],
  );
}
