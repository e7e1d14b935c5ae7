/**
 * How work ended that has no answer: its process died or it threw, its time ran out, or the history that its lane was
 * replayed from did not fit the program.
 */
export type LossKind = 'died' | 'timed-out' | 'diverged';

/** How often, and how at last, work on a unit ended without an answer. */
export interface Loss {
  readonly times: number;
  readonly how: LossKind;
}
