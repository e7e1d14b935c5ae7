import type { Problem } from '../../errors.ts';
import type { Output } from './output.ts';

/** What went wrong, and what to do about it, on stderr. */
export function showProblem(output: Output, { message, hint }: Problem): void {
  output.error(`${output.style('red', 'Error:')} ${message}`);
  if (hint === '') return;
  // A command to paste stands on a line of its own.
  const [words = '', command] = hint.split(/(?<=^Go on with:) /);
  output.error(`  ${words}`);
  if (command !== undefined) output.copyable(`  ${command}`);
}
