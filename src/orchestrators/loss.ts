import type { WorkItem } from '../contract/lane.ts';
import type { Loss, LossKind } from '../contract/loss.ts';

/** Times that work on a unit may end without an answer before its tables count as failed. */
export const MAX_LOSSES = 3;

/** How a task of the runtime failed, by the words that hosts and extension have for it. Its text may quote anything, and is not told. */
export function lossOf(error: unknown): LossKind {
  const text = error instanceof Error ? error.message : '';
  if (/non-?deterministic/i.test(text)) return 'diverged';
  return /timeout|timed out/i.test(text) ? 'timed-out' : 'died';
}

/** The item after another attempt that gave no answer. */
export function lose(item: WorkItem, how: LossKind): WorkItem {
  return { ...item, lost: { times: timesLost(item) + 1, how } };
}

/** How often an attempt at the item gave no answer. */
export function timesLost({ lost }: { readonly lost?: Loss }): number {
  return lost?.times ?? 0;
}
