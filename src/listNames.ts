import { formatCount } from './formatCount.ts';

/** The first names of a list, and how many more there are: `runs, tags`, `a, b, c, d, e and 1,204 more`. */
export function listNames(names: readonly string[], most = 5): string {
  const first = names.slice(0, most).join(', ');
  return names.length > most ? `${first} and ${formatCount(names.length - most)} more` : first;
}
