import type { VanishedCount } from '../contract/steps/findVanished.ts';
import type { Problem } from '../errors.ts';
import { formatCount } from '../formatCount.ts';

/** A migration deletes so many documents of a collection without being asked, or the share below, whichever is more (`--allow-deletes`). */
const FEW = 1_000;
const SHARE = 0.1;

/**
 * Why documents of vanished rows may not be deleted, null where they may. `found` and `deletedBefore` are by table;
 * `allowed` is what the operator has consented to for the whole run, null for nothing in particular. A target that is being
 * adopted is asked for from the first document on.
 */
export function deleteRefusal(
  found: Readonly<Record<string, VanishedCount>>,
  deletedBefore: Readonly<Record<string, number>>,
  allowed: number | 'all' | null,
  isAdopting: boolean,
): Problem | null {
  const concerned = Object.entries(found).filter(([, { vanished }]) => vanished > 0);
  const wanted = concerned.reduce((sum, [, { vanished }]) => sum + vanished, 0);
  if (wanted === 0 || allowed === 'all') return null;
  const before = Object.values(deletedBefore).reduce((sum, count) => sum + count, 0);
  const isTooMany =
    allowed === null
      ? concerned.some(([table, count]) => (deletedBefore[table] ?? 0) + count.vanished > limitOf(count, isAdopting))
      : before + wanted > allowed;
  if (!isTooMany) return null;
  const tables = concerned
    .map(([table, { documents, vanished }]) => `${table}: ${formatCount(vanished)} of ${formatCount(documents)}`)
    .join(', ');
  return {
    kind: 'deletes-need-consent',
    message: `${formatCount(wanted)} ${wanted === 1 ? 'document has' : 'documents have'} no row in the source any more and would be deleted (${tables}); ${before === 0 ? 'nothing was deleted' : `${formatCount(before)} were deleted before by this run, none of these`}`,
    hint: `Check that these rows were deleted in the source on purpose; then pass --allow-deletes ${before + wanted}, or all`,
  };
}

function limitOf({ documents }: VanishedCount, isAdopting: boolean): number {
  return isAdopting ? 0 : Math.max(FEW, Math.floor(documents * SHARE));
}
