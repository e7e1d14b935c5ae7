import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { byId, make, write } from './elements.ts';
import { formatLocalTime } from './formatTime.ts';
import { statusWord, wholePercent } from './statusWords.ts';

/** The latest start first; what has not begun yet before all of them. */
export function newestFirst(migrations: readonly MigrationStatus[]): MigrationStatus[] {
  return migrations.toSorted((left, right) => (right.startedAt ?? '9').localeCompare(left.startedAt ?? '9'));
}

/** Id of the one to show when nobody has chosen: that of the address (`#id`), else one under way, else the first; null for none. */
export function firstChoice(migrations: readonly MigrationStatus[], hash: string): string | null {
  const wanted = decodeURIComponent(hash.slice(1));
  const choice =
    migrations.find(({ id }) => id === wanted) ?? migrations.find(({ status }) => !isFinal(status)) ?? migrations[0];
  return choice?.id ?? null;
}

/** Shows all of them, in the order given. A button that has the focus keeps it. */
export function renderList(
  migrations: readonly MigrationStatus[],
  selected: string | null,
  onChoose: (id: string) => void,
): void {
  byId('none').hidden = migrations.length > 0;
  const focused = buttons().find((button) => button === document.activeElement)?.dataset['id'];
  byId('list').replaceChildren(...migrations.map((one) => makeItem(one, one.id === selected, onChoose)));
  if (focused !== undefined) buttonOf(focused)?.focus();
}

/** Brings the item of the migration that is shown up to its latest status, which comes more often than the list. */
export function updateListItem(status: MigrationStatus): void {
  for (const button of buttons()) button.setAttribute('aria-current', String(button.dataset['id'] === status.id));
  const line = buttonOf(status.id)?.querySelector('.line');
  line?.replaceChildren(...lineOf(status));
}

/** Turns an element into the badge of a status. */
export function renderBadge(element: HTMLElement, status: MigrationStatus['status']): HTMLElement {
  element.className = `badge ${status}`;
  write(element, statusWord(status));
  return element;
}

const buttons = (): HTMLButtonElement[] => [...byId('list').querySelectorAll('button')];
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

/** How it stands, and how far it is or when it began. */
function lineOf({ status, startedAt, percent }: MigrationStatus): readonly HTMLElement[] {
  const began = startedAt === null ? '' : formatLocalTime(startedAt);
  return [renderBadge(make('span'), status), make('span', '', isFinal(status) ? began : wholePercent(percent))];
}
