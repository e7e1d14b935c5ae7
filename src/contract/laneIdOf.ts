/**
 * Instance id of a lane, or of a wait between two passes, such as `lab.lane.20260101000000000.17`. A run gives each number once. No migration has such an id, as
 * names hold no dot; the time keeps lanes of an earlier run of the name apart, which may still be ending.
 */
export function laneIdOf(run: { readonly id: string; readonly startedAt: string }, number: number): string {
  return `${run.id}.lane.${run.startedAt.replace(/\D/g, '')}.${number}`;
}
