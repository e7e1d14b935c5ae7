import { byId, write } from './elements.ts';

/** Fields of the form by the keys that the app's messages name. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'start-name',
  'source.secret': 'start-source',
  'source.server': 'start-source',
  'source.user': 'start-user',
  'source.database': 'start-source-database',
  'destination.secret': 'start-target',
  'destination.account': 'start-target',
  'destination.flavour': 'start-flavour',
  'destination.database': 'start-target-database',
  tables: 'start-tables',
  exclude: 'start-exclude',
  workspace: 'start-workspace',
  experiments: 'start-experiments',
  artifacts: 'start-artifacts',
};
/** A key at the beginning of one of the faults that a message lists, with the item of a list. */
const KEY = /(?<=^|; )([a-z]+(?:\.[a-z]+)?)(?:\[(\d+)\][\w.]*)?(?= )/g;

/** Says in the form why nothing was started. Fields that the app's message names by their keys are named by their labels. */
export function complainOfStart(words: string): void {
  const fields: string[] = [];
  const told = words.replace(KEY, (path, key: string, item?: string) => {
    const field = FIELDS[key];
    if (field === undefined) return path;
    fields.push(field);
    return `${labelOf(field)}${item === undefined ? '' : ` (item ${Number(item) + 1})`}`;
  });
  complainOfFields(told, fields);
}

/**
 * Says it below the first of the fields that are wrong, which gets the focus, or above all of them where none is named:
 * where it can be seen on a screen that holds a part of the form.
 */
export function complainOfFields(words: string, fields: readonly string[]): void {
  const complaint = byId('start-complaint');
  write(complaint, words);
  for (const field of fields) mark(byId(field));
  const first = fields[0] === undefined ? null : byId(fields[0]);
  if (first === null) byId('start-form').prepend(complaint);
  else (noteOf(first) ?? first).after(complaint);
  complaint.hidden = false;
  const folded = first?.closest('details');
  if (folded != null) folded.open = true;
  first?.focus();
  complaint.scrollIntoView({ block: 'nearest' });
}

/** Before the form is sent once more. */
export function clearStartComplaint(): void {
  byId('start-complaint').hidden = true;
  write(byId('start-complaint'), '');
  for (const field of byId('start-form').querySelectorAll('[aria-invalid]')) {
    field.removeAttribute('aria-invalid');
    describe(field, noteOf(field)?.id ?? '');
  }
}

function mark(field: Element): void {
  field.setAttribute('aria-invalid', 'true');
  describe(field, `start-complaint ${noteOf(field)?.id ?? ''}`.trim());
}

function describe(field: Element, ids: string): void {
  if (ids === '') field.removeAttribute('aria-describedby');
  else field.setAttribute('aria-describedby', ids);
}

/** What the form says of a field below it. */
function noteOf(field: Element): Element | null {
  return document.getElementById(`${field.id}-note`);
}

function labelOf(field: string): string {
  return byId('start-form').querySelector(`label[for="${field}"]`)?.textContent ?? field;
}
