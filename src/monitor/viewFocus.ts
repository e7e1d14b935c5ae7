import { byId } from './elements.ts';
import { focusItem } from './migrationList.ts';
import type { Place } from './place.ts';

/** Where the keyboard goes as one view takes the place of another, and of what had the focus in it. */
export class ViewFocus {
  /** A migration was opened, and nothing of it is there yet. */
  #isDue = false;

  /** Once a place is shown that somebody has gone to. `from`: where they come from, null where the key was asked for. */
  move(from: Place | null, to: Place): void {
    this.#isDue = to.what === 'migration';
    if (to.what === 'new') byId('start-title').focus();
    if (to.what === 'list') focusInList(from);
  }

  /** Once what was opened has been answered: its heading. Later answers leave the focus where it is. */
  arrive(heading: 'detail-title' | 'missing-title'): void {
    if (this.#isDue) byId(heading).focus();
    this.#isDue = false;
  }
}

/** What one came from, where it is there: the migration's item, or the way to the form. */
function focusInList(from: Place | null): void {
  if (from?.what === 'new') byId('new').focus();
  else if (from?.what !== 'migration' || !focusItem(from.id)) byId('list-title').focus();
}
