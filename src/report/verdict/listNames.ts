import { formatCount } from '../formatUnits.ts';

const LISTED = 5;

/** The first names of a list, and how many more there are: `runs, tags`, `a, b, c, d, e and 1,204 more`. */
export function listNames(names: readonly string[]): string {
  const first = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${first} and ${formatCount(names.length - LISTED)} more` : first;
}
