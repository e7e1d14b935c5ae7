/**
 * Condition that a key is another one, both by their columns. A key of several columns is compared as a whole, from both sides: no
 * index but the key's own can be asked for that. By its parts the planner may take one of a single column, such as that of the run,
 * and read all points of a run for each of them.
 */
export function isEqualKey(own: readonly string[], other: readonly string[]): string {
  const [one, two] = [own.join(', '), other.join(', ')];
  return own.length === 1 ? `${one} = ${two}` : `(${one}) >= (${two}) and (${one}) <= (${two})`;
}
