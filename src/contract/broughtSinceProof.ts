import type { MigrateState } from './migrateState.ts';

/** Rows and deletions that a run which follows its source has brought over since its proof, with those of the pass under way, or of the one that it ended in. */
export function broughtSinceProof({
  following,
  phase,
  endedIn,
  isCuttingOver,
  passClock,
  changed,
}: Pick<MigrateState, 'following' | 'phase' | 'endedIn' | 'isCuttingOver' | 'passClock' | 'changed'>): number {
  if (following === undefined) return 0;
  // A pass that has ended is counted with those of before.
  const isInPass = passClock !== null && (isCuttingOver === true || (endedIn ?? phase) === 'follow');
  return following.rows + (isInPass ? changed : 0);
}
