import { printable } from '../printable.ts';

export const SECTION_RULE = '-'.repeat(40);

/** The mark of a table's line takes two columns on a terminal, a space one: the line without a mark starts that far in. */
export const TABLE_NAME_WIDTH = 20;
export const UNMARKED_NAME_WIDTH = 3 + TABLE_NAME_WIDTH;

/** Lines of a name and what belongs to it, below each other. */
export function factLines(pairs: readonly (readonly [name: string, value: string])[]): string[] {
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(UNMARKED_NAME_WIDTH)} ${printable(value)}`);
}
