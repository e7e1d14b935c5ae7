import { stateDirectoryOption } from './goOnCommand.ts';

/** What to do where another run stands in the way, or one of the same name. */
export function conflictHint(name: string | null, stateDirectory: string): string {
  const named = name === null ? '' : ` --name ${name}`;
  const cancel = `mlflow-migrate cancel${named}${stateDirectoryOption(stateDirectory)}`;
  return `Go on with it: the command that began it, with --resume; end it: ${cancel}; or give another --name for another pair of databases`;
}
