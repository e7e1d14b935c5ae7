import {
  COMMANDS,
  type CommandName,
  OPTIONS,
  type OptionDescription,
  type OptionName,
} from '../../options/optionTable.ts';
import { readersOf, SUBJECT_WORDS } from './proposals.ts';
import { valueKind } from './valueKind.ts';

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** When an option is proposed: without a command too where migrate reads it. */
function condition(option: OptionName): string {
  const readers = readersOf(option);
  if (!readers.includes('migrate')) return `__fish_seen_subcommand_from ${readers.join(' ')}`;
  const others = Object.keys(COMMANDS).filter((command) => !readers.some((reader) => reader === command));
  return others.length === 0 ? 'true' : `not __fish_seen_subcommand_from ${others.join(' ')}`;
}

function valueFlags(option: OptionDescription): string {
  const value = valueKind(option);
  switch (value.kind) {
    case 'switch':
      return '';
    case 'words':
      return ` -x -a ${quoted(value.words.join(' '))}`;
    case 'file':
      return ' -r -F';
    case 'directory':
      return " -x -a '(__fish_complete_directories)'";
    case 'free':
      return ' -x';
  }
}

/** The script of `mlflow-migrate completion fish`, made of the table of options. */
export function fishCompletion(): string {
  const complete = 'complete -c mlflow-migrate';
  const commands = Object.entries(COMMANDS).map(
    ([name, description]) => `${complete} -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
  );
  const subjects = (Object.entries(SUBJECT_WORDS) as [CommandName, readonly string[]][]).map(
    ([command, words]) =>
      `${complete} -n ${quoted(`__fish_seen_subcommand_from ${command}`)} -a ${quoted(words.join(' '))}`,
  );
  const options = OPTIONS.map((option) => {
    const when = quoted(condition(option.name));
    return `${complete} -n ${when} -l ${option.name}${valueFlags(option)} -d ${quoted(option.description)}`;
  });
  return [
    '# Completion of mlflow-migrate in fish: mlflow-migrate completion fish | source',
    `${complete} -f`,
    ...commands,
    ...subjects,
    ...options,
    '',
  ].join('\n');
}
