import type { Problem } from '../../errors.ts';
import type { Output } from './output.ts';

/** What went wrong, and what to do about it, on stderr. */
export function showProblem(output: Output, { message, hint }: Problem): void {
  output.error(`${output.style('red', 'Error:')} ${message}`);
  if (hint !== '') output.error(`  ${hint}`);
}
