import type { Migration } from './state.ts';

/**
 * Lanes and other pieces of work after which an orchestration starts over with an empty history. A lane is two events, and two
 * more for the turn that its end begins; with what is beside the lanes a history stays below a thousand.
 */
export const PIECES_PER_GENERATION = 90;
/** A step of the migration counts as so many pieces, with all its activities and timers but for those of its lanes. */
export const PIECES_PER_STEP = 3;

/** A migration in one generation of its orchestration. */
export interface Generation extends Migration {
  /** Pieces of work that it has begun. */
  begun: number;
}

/** Is it time to start over? Lanes that are late are waited for then. */
export function isFull({ begun }: Generation): boolean {
  return begun >= PIECES_PER_GENERATION;
}
