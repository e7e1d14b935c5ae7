import {
  COMMANDS,
  type CommandName,
  OPTIONS,
  OPTIONS_OF,
  type OptionDescription,
  type OptionName,
} from '../../options/optionTable.ts';

/** Words that stand behind a command, for those that take one of a few. */
export const SUBJECT_WORDS: Partial<Record<CommandName, readonly string[]>> = {
  help: [...Object.keys(COMMANDS), 'all'],
  completion: ['bash', 'zsh', 'fish'],
};

/** Options that a command reads, in the order of the help. */
export function optionsOf(command: CommandName): (OptionDescription & { readonly name: OptionName })[] {
  const isRead = (name: OptionName) => OPTIONS_OF[command].includes(name) || name === 'help' || name === 'version';
  return OPTIONS.filter(({ name }) => isRead(name));
}

/** Commands that read an option. */
export function readersOf(option: OptionName): CommandName[] {
  const commands = Object.keys(COMMANDS) as CommandName[];
  return commands.filter((command) => optionsOf(command).some(({ name }) => name === option));
}
