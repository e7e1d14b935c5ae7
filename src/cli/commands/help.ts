import { didYouMean } from '../../didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandContext } from '../commandContext.ts';
import { helpPage } from '../help/helpPage.ts';
import { helpText } from '../help/helpText.ts';
import { COMMANDS } from '../options/optionTable.ts';
import { isCommand } from '../options/parseArguments.ts';

/** `mlflow-migrate help`, with the name of a command or `all`. Returns the exit code 0. */
export async function runHelp({ options: { name: topic }, output }: CommandContext): Promise<number> {
  if (topic === 'all') await output.result(output.asCalled(helpText()));
  else if (topic === null || isCommand(topic)) await output.result(output.asCalled(helpPage(topic)));
  else {
    const meant = didYouMean(topic, [...Object.keys(COMMANDS), 'all']);
    const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
    throw new MigrationError('usage', `There is no help on ${topic}${suggestion}`, {
      hint: 'mlflow-migrate help lists the commands, mlflow-migrate help all the options',
    });
  }
  return 0;
}
