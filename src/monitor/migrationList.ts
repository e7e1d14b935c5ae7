import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { byId, make, write } from './elements.ts';
import { formatLocalTime } from './formatTime.ts';
import type { Listing, ListState } from './listState.ts';
import { kindWord, statusWord, wholePercent } from './statusWords.ts';

/** Id of the one to show where the address names none: one under way, else the latest; null for none. */
export function firstChoice({ underWay, page, dryRuns }: Listing): string | null {
  return (underWay[0] ?? page.migrations[0] ?? dryRuns?.migrations[0])?.id ?? null;
}

/** Shows those under way first, then the page without them, and dry runs where they are unfolded. A button that has the focus keeps it. */
export function renderList(
  { underWay, page, dryRuns }: Listing,
  state: Pick<ListState, 'isPart' | 'hasNewer' | 'hasOlder'>,
  selected: string | null,
  onChoose: (id: string) => void,
): void {
  const active = document.activeElement;
  const focused = buttons().find((button) => button === active)?.dataset['id'];
  const put = (place: string, migrations: readonly MigrationStatus[]): void =>
    byId(place).replaceChildren(...migrations.map((one) => makeItem(one, one.id === selected, onChoose)));
  const first = new Set(underWay.map(({ id }) => id));
  const others = page.migrations.filter(({ id }) => !first.has(id));
  byId('under-way').hidden = underWay.length === 0;
  put('under-way-list', underWay);
  put('list', others);
  put('dry-runs-list', dryRuns?.migrations.filter(({ id }) => !first.has(id)) ?? []);
  byId('none').hidden = others.length > 0 || (underWay.length > 0 && !state.isPart);
  write(byId('none'), state.isPart ? 'None is found.' : 'None yet.');
  byId('pages').hidden = !state.hasNewer && !state.hasOlder;
  byId('newer', HTMLButtonElement).disabled = !state.hasNewer;
  byId('older', HTMLButtonElement).disabled = !state.hasOlder;
  // At either end the way on goes, and with it the focus.
  if (active === byId('newer') && !state.hasNewer) byId('older').focus();
  if (active === byId('older') && !state.hasOlder) byId('newer').focus();
  write(byId('dry-runs-note'), noteOf(dryRuns));
  if (focused !== undefined) focusItem(focused);
}

/** Gives the focus to the item of a migration: false where the list does not show it. */
export function focusItem(id: string): boolean {
  const button = buttonOf(id);
  button?.focus();
  return button !== undefined && document.activeElement === button;
}

function noteOf(dryRuns: Listing['dryRuns']): string {
  if (dryRuns === null) return '';
  if (dryRuns.migrations.length === 0) return 'None is found.';
  return dryRuns.next === null ? '' : `The latest ${dryRuns.migrations.length}: search for others.`;
}

/** Marks the one that is shown, and none where it is not in the list. */
export function markSelected(selected: string | null): void {
  for (const button of buttons()) button.setAttribute('aria-current', String(button.dataset['id'] === selected));
}

/** Brings the item of the migration that is shown up to its latest status, which comes more often than the list. */
export function updateListItem(status: MigrationStatus): void {
  markSelected(status.id);
  const line = buttonOf(status.id)?.querySelector('.line');
  line?.replaceChildren(...lineOf(status));
}

/** Turns an element into the badge of a status. */
export function renderBadge(element: HTMLElement, status: MigrationStatus['status']): HTMLElement {
  element.className = `badge ${status}`;
  write(element, statusWord(status));
  return element;
}

const buttons = (): HTMLButtonElement[] => [...byId('list-panel').querySelectorAll<HTMLButtonElement>('.list button')];
const buttonOf = (id: string): HTMLButtonElement | undefined => buttons().find((one) => one.dataset['id'] === id);

function makeItem(one: MigrationStatus, isSelected: boolean, onChoose: (id: string) => void): HTMLLIElement {
  const button = make('button');
  button.type = 'button';
  button.dataset['id'] = one.id;
  button.setAttribute('aria-current', String(isSelected));
  const line = make('span', 'line');
  line.append(...lineOf(one));
  button.append(make('span', 'name', one.name), line);
  button.addEventListener('click', () => onChoose(one.id));
  const item = make('li');
  item.append(button);
  return item;
}

/** How it stands, what it is where it is no migration, and how far it is or when it began. */
function lineOf({ status, kind, phase, startedAt, percent }: MigrationStatus): readonly HTMLElement[] {
  const began = startedAt === null ? '' : formatLocalTime(startedAt);
  const share = phase === 'follow' ? 'following' : wholePercent(percent);
  const told = isFinal(status) || kind === 'analysis' ? began : share;
  const what = kindWord(kind);
  return [
    renderBadge(make('span'), status),
    ...(what === '' ? [] : [make('span', '', what)]),
    make('span', 'when', told),
  ];
}
