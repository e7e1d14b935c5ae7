/**
 * Which unique indexes of a layout the target gets: `all` of them, `none`, or `auto`: all, but where they are dear those alone that the
 * `_id` does not make superfluous.
 */
export const UNIQUE_INDEXES = ['auto', 'all', 'none'] as const;

export type UniqueIndexes = (typeof UNIQUE_INDEXES)[number];

/** What that comes to on a target: which of the indexes stay unique. */
export type KeptUnique = 'all' | 'beside-key' | 'none';

/** `isDear`: do unique indexes over several fields cost the target more than their documents? */
export function keptUnique(wanted: UniqueIndexes, isDear: boolean): KeptUnique {
  if (wanted !== 'auto') return wanted;
  return isDear ? 'beside-key' : 'all';
}
