import { commandFor, type RunPlace } from '../place/commandFor.ts';

/** What to do where another run stands in the way, or one of the same name. */
export function conflictHint(name: string | null, place: RunPlace): string {
  const cancel = commandFor('cancel', name, place);
  return `Go on with it: the command that began it, with --resume; end it: ${cancel}; or give another --name for another pair of databases`;
}
