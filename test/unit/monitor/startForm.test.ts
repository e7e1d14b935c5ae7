// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import type { StartRequest } from '../../../src/contract/startRequest.ts';
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
