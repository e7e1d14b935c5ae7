// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import type { StartRequest } from '../../../src/contract/startRequest.ts';
import { complainOfStart } from '../../../src/monitor/startComplaint.ts';
import { offerConnections, wireStartForm } from '../../../src/monitor/startForm.ts';
import { isHidden, openPage, textOf } from './openPage.ts';

let asked: StartRequest[];

beforeEach(() => {
  openPage();
  asked = [];
  wireStartForm((body) => asked.push(body));
  offerConnections({ sources: [{ key: 'secret', name: 'PG' }], targets: [{ key: 'secret', name: 'MONGO' }] });
  // Browsers choose the first by themselves.
  for (const select of document.querySelectorAll('select')) select.selectedIndex = 0;
});

function submit(fields: Readonly<Record<string, string>>): void {
  for (const [id, text] of Object.entries(fields)) {
    const field = document.getElementById(id) as HTMLInputElement;
    field.value = text;
  }
  document.getElementById('start-form')?.dispatchEvent(new Event('submit', { cancelable: true }));
}

test('choices of tables and experiments and a map of artifacts go into the body', () => {
  submit({
    'start-exclude': 'spans, "a, b"',
    'start-experiments': 'churn, "a, b"',
    'start-artifacts': ' s3://old/dt=1=gs://new/dt=1 \n\n/mlruns=file:///x\n',
  });
  expect(asked).toEqual([
    {
      source: { secret: 'PG' },
      destination: { secret: 'MONGO' },
      layout: 'tables',
      exclude: ['spans', 'a, b'],
      experiments: ['churn', 'a, b'],
      artifacts: [
        { from: 's3://old/dt=1', to: 'gs://new/dt=1' },
        { from: '/mlruns', to: 'file:///x' },
      ],
      migration_settings: { dry_run: true },
    },
  ]);
  submit({ 'start-experiments': '', 'start-artifacts': ' \n' });
  expect(asked[1]).not.toHaveProperty('experiments');
  expect(asked[1]).not.toHaveProperty('artifacts');
});

test.each([
  [{ 'start-experiments': 'a,,b' }, /^The experiments are no list/],
  [{ 'start-tables': 'runs,' }, /^The tables are no list: names with commas between them/],
  [{ 'start-exclude': 'a,,b' }, /^The tables to leave out are no list/],
  [{ 'start-experiments': '"a' }, /^The experiments are no list/],
  [{ 'start-artifacts': 's3://a=gs://b\ns3://c' }, /^Line 2 of where artifacts are is no FROM=TO/],
])('%o is told before anything is asked', (fields, complaint) => {
  submit(fields);
  expect(asked).toEqual([]);
  expect(isHidden('#start-complaint')).toBe(false);
  expect(textOf('#start-complaint')).toMatch(complaint);
});

const byId = (id: string) => document.getElementById(id) as HTMLElement;
const said = (id: string) => ['aria-invalid', 'aria-describedby'].map((name) => byId(id).getAttribute(name));

test('a field that the app refuses is named by its label, marked and focused, with the complaint below it', () => {
  complainOfStart('destination.database has a name that MongoDB does not allow. It takes 1 to 63 bytes');
  expect(textOf('#start-complaint')).toBe(
    'Target database has a name that MongoDB does not allow. It takes 1 to 63 bytes',
  );
  expect(said('start-target-database')).toEqual(['true', 'start-complaint start-target-database-note']);
  expect(document.activeElement).toBe(byId('start-target-database'));
  expect(byId('start-target-database-note').nextElementSibling).toBe(byId('start-complaint'));
  expect(said('start-name')).toEqual([null, 'start-name-note']);
  submit({});
  expect(isHidden('#start-complaint')).toBe(true);
  expect(said('start-target-database')).toEqual([null, 'start-target-database-note']);
});

test('of several faults each field is named and marked, and the first has the focus, unfolded where it was folded', () => {
  complainOfStart(
    'tables[2] must not be empty; source.user is missing: server needs it; port must be a number. Correct',
  );
  expect(textOf('#start-complaint')).toBe(
    "Only these tables (item 3) must not be empty; Role of the app's identity is missing: server needs it; port must be a number. Correct",
  );
  expect([said('start-tables')[0], said('start-user')]).toEqual(['true', ['true', 'start-complaint']]);
  expect(document.activeElement).toBe(byId('start-tables'));
  expect(byId('start-tables').closest('details')?.open).toBe(true);
  submit({});
  expect(said('start-user')).toEqual([null, null]);
});

test('what names no field is said above all of them, as it is', () => {
  submit({ 'start-tables': 'runs,' });
  expect(said('start-tables')).toEqual(['true', 'start-complaint']);
  submit({ 'start-tables': '' });
  complainOfStart('The server pg1 is not on the list. Its name is in tables of no use');
  expect(textOf('#start-complaint')).toBe('The server pg1 is not on the list. Its name is in tables of no use');
  expect(byId('start-form').firstElementChild).toBe(byId('start-complaint'));
  expect(document.querySelector('[aria-invalid]')).toBeNull();
});
