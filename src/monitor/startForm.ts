import type { ConnectionList, KnownConnection } from '../contract/connectionList.ts';
import { LAYOUT_NAMES } from '../contract/layoutName.ts';
import { parseMapping } from '../contract/parseMapping.ts';
import { parseNames } from '../contract/parseNames.ts';
import type { StartRequest } from '../contract/startRequest.ts';
import { LAYOUT_GUIDE } from '../report/layoutGuide.ts';
import { byId, make } from './elements.ts';
import { clearStartComplaint, complainOfFields, complainOfStart } from './startComplaint.ts';

const value = (id: string): string => byId(id, HTMLInputElement).value.trim();
const chosen = (id: string): string => byId(id, HTMLSelectElement).value;

/** Offers the connections that the app knows; what it does not know cannot be started from here. */
export function offerConnections({ sources, targets }: ConnectionList): void {
  offer('start-source', sources);
  offer('start-target', targets);
  const isPossible = sources.length > 0 && targets.length > 0;
  byId('start-submit', HTMLButtonElement).disabled = !isPossible;
  if (isPossible) clearStartComplaint();
  else {
    const missing = sources.length === 0 ? 'POSTGRES_URI' : 'MONGODB_URI';
    complainOfStart(
      `This app knows no connection for one of the ends. Store its URI as a Key Vault secret or app setting, such as ${missing}, and add its name to ALLOWED_SECRETS where that is set.`,
    );
  }
  showFields();
}

function offer(id: string, connections: readonly KnownConnection[]): void {
  const select = byId(id, HTMLSelectElement);
  const before = select.value;
  select.replaceChildren(
    ...connections.map(({ key, name }) => {
      const option = make('option', '', key === 'secret' ? name : `${name} (identity of the app)`);
      option.value = `${key}:${name}`;
      return option;
    }),
  );
  if (connections.some(({ key, name }) => `${key}:${name}` === before)) select.value = before;
}

/** Makes the form work: layouts to choose from, fields that belong to a choice, and `onSubmit` with what was asked for. */
export function wireStartForm(onSubmit: (body: StartRequest) => void): void {
  byId('start-layouts').replaceChildren(...LAYOUT_NAMES.map(layoutChoice));
  byId('start-source').addEventListener('change', showFields);
  byId('start-target').addEventListener('change', showFields);
  byId('start-form').addEventListener('submit', (event) => {
    event.preventDefault();
    clearStartComplaint();
    const complaint = complaintOfChoice();
    if (complaint === null) onSubmit(startBody());
    else complainOfFields(complaint.words, [complaint.field]);
  });
}

function layoutChoice(layout: (typeof LAYOUT_NAMES)[number], index: number): HTMLElement {
  const { reader, targets, status } = LAYOUT_GUIDE[layout];
  const input = make('input');
  input.type = 'radio';
  input.name = 'layout';
  input.value = layout;
  input.checked = index === 0;
  const text = make('span');
  text.append(
    make('strong', '', layout),
    make('span', '', ` ${reader}`),
    make('span', 'soft', `On ${targets}. Status: ${status}.`),
  );
  const label = make('label', 'check');
  label.append(input, text);
  return label;
}

/** Only what belongs to the choice is asked for. */
function showFields(): void {
  byId('start-server').hidden = !chosen('start-source').startsWith('server:');
  byId('start-account').hidden = !chosen('start-target').startsWith('account:');
  byId('start-user', HTMLInputElement).required = !byId('start-server').hidden;
}

const lines = (): string[] =>
  byId('start-artifacts', HTMLTextAreaElement)
    .value.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Fields that hold lists, and what is said of one that is none. */
const LISTS = [
  ['start-tables', 'The tables are no list: names'],
  ['start-exclude', 'The tables to leave out are no list: names'],
  ['start-experiments', 'The experiments are no list: names or ids'],
] as const;

/** What cannot be read of the lists and the map of artifacts; null where all can. The app looks at the rest. */
function complaintOfChoice(): { readonly field: string; readonly words: string } | null {
  const wrongList = LISTS.find(([id]) => value(id) !== '' && parseNames(value(id)) === null);
  if (wrongList !== undefined) {
    const [field, what] = wrongList;
    return { field, words: `${what} with commas between them, and a name with a comma in double quotes.` };
  }
  const wrong = lines().findIndex((line) => parseMapping(line) === null);
  return wrong < 0
    ? null
    : {
        field: 'start-artifacts',
        words: `Line ${wrong + 1} of where artifacts are is no FROM=TO, such as s3://old-bucket=gs://new-bucket.`,
      };
}

/** The dry run that the form asks for. */
function startBody(): StartRequest {
  const [sourceKey, source] = nameOf('start-source');
  const [targetKey, target] = nameOf('start-target');
  const database = value('start-target-database');
  const layout = byId('start-form').querySelector<HTMLInputElement>('input[name=layout]:checked')?.value;
  return {
    ...optional('name', value('start-name')),
    source:
      sourceKey === 'server'
        ? { server: source, user: value('start-user'), ...optional('database', value('start-source-database')) }
        : { secret: source },
    destination: {
      ...(targetKey === 'account'
        ? { account: target, flavour: chosen('start-flavour') === 'vcore' ? 'vcore' : 'ru' }
        : { secret: target }),
      ...optional('database', database),
    },
    layout: LAYOUT_NAMES.find((name) => name === layout) ?? LAYOUT_NAMES[0],
    ...listed('tables', value('start-tables')),
    ...listed('exclude', value('start-exclude')),
    ...optional('workspace', value('start-workspace')),
    ...listed('experiments', value('start-experiments')),
    ...(lines().length === 0 ? {} : { artifacts: lines().flatMap((line) => parseMapping(line) ?? []) }),
    ...(byId('start-beside', HTMLInputElement).checked ? { allowExisting: true } : {}),
    migration_settings: { dry_run: true },
  };
}

function nameOf(id: string): [key: string, name: string] {
  const [key = '', ...name] = chosen(id).split(':');
  return [key, name.join(':')];
}

function optional<Key extends string>(key: Key, text: string): Partial<Record<Key, string>> {
  return text === '' ? {} : ({ [key]: text } as Record<Key, string>);
}

function listed<Key extends string>(key: Key, text: string): Partial<Record<Key, string[]>> {
  const names = text === '' ? null : parseNames(text);
  return names === null ? {} : ({ [key]: [...names] } as Record<Key, string[]>);
}
