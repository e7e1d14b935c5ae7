import { shellOption } from '../../quoteShell.ts';
import type { CommandName } from '../options/optionTable.ts';
import { type CommandOptions, DEFAULT_STATE_DIRECTORY } from '../options/readOptions.ts';

/** Where a run is looked for: in the app of that address or, without one, in a state directory. */
export type RunPlace = Pick<CommandOptions, 'url' | 'stateDirectory'>;

/** What a command needs besides a name to find a run; nothing where it looks there anyway. */
export function placeOptions({ url, stateDirectory }: RunPlace): string[] {
  if (url !== null) return [shellOption('url', url)];
  return stateDirectory === DEFAULT_STATE_DIRECTORY ? [] : [shellOption('state-dir', stateDirectory)];
}

/** The call, to be pasted into a shell, that asks about the run of that name or tells it something; null: about the latest. */
export function commandFor(command: CommandName, name: string | null, place: RunPlace): string {
  return [
    'mlflow-migrate',
    command,
    ...(name === null ? [] : [shellOption('name', name)]),
    ...placeOptions(place),
  ].join(' ');
}
