import type { WorkItem } from '../contract/lane.ts';
import type { Unanswered, UnansweredKind } from '../contract/unanswered.ts';

/** Times that work on a unit may end without an answer before its tables count as failed. */
export const MAX_UNANSWERED = 3;

/** How a task of the runtime failed, by the words that hosts and extension have for it. Its text may quote anything, and is not told. */
export function kindOfNoAnswer(error: unknown): UnansweredKind {
  const text = error instanceof Error ? error.message : '';
  if (/non-?deterministic/i.test(text)) return 'diverged';
  return /timeout|timed out/i.test(text) ? 'timed-out' : 'died';
}

/** The item after another attempt that gave no answer. */
export function unanswered({ idleSince: _idle, ...item }: WorkItem, how: UnansweredKind): WorkItem {
  return { ...item, lost: { times: timesUnanswered(item) + 1, how } };
}

/** How often an attempt at the item gave no answer. */
export function timesUnanswered({ lost }: { readonly lost?: Unanswered }): number {
  return lost?.times ?? 0;
}
