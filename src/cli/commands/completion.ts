import { MigrationError } from '../../errors.ts';
import type { CommandContext } from '../commandContext.ts';
import { bashCompletion } from '../help/completion/bash.ts';
import { fishCompletion } from '../help/completion/fish.ts';
import { zshCompletion } from '../help/completion/zsh.ts';

const SHELLS: ReadonlyMap<string, () => string> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

/** `mlflow-migrate completion bash|zsh|fish`: prints a script for that shell to source. Returns the exit code 0. */
export async function runCompletion({ options: { name: shell }, output }: CommandContext): Promise<number> {
  const script = SHELLS.get(shell ?? '');
  if (script === undefined) {
    throw new MigrationError('usage', `completion needs a shell: ${[...SHELLS.keys()].join(', ')}`, {
      hint: 'Such as: source <(mlflow-migrate completion bash)',
    });
  }
  await output.result(script());
  return 0;
}
