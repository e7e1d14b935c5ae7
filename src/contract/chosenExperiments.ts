/** The experiments that a run carries, as its plan has found them; ids as text. */
export interface ChosenExperiments {
  /** Those that were asked for, in ascending order. */
  readonly ids: readonly string[];
  /**
   * Others that rows of these refer to beside their own: their rows of `experiments` come along, so that each reference leads
   * somewhere, and nothing of what hangs on them.
   */
  readonly besides: readonly string[];
}
