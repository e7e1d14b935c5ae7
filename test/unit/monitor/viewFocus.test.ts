// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { renderList } from '../../../src/monitor/migrationList.ts';
import { ViewFocus } from '../../../src/monitor/viewFocus.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';
import { openPage } from './openPage.ts';

const LIST = { what: 'list' } as const;
const NEW = { what: 'new' } as const;
const LAB = { what: 'migration', id: 'lab' } as const;

let focus: ViewFocus;

beforeEach(() => {
  openPage();
  focus = new ViewFocus();
  for (const hidden of document.querySelectorAll('main [hidden], #new')) hidden.removeAttribute('hidden');
  const listing = {
    underWay: [],
    page: { migrations: [sampleStatus({ id: 'other' }), sampleStatus({ id: 'lab' })], next: null },
    dryRuns: null,
  };
  renderList(listing, { isPart: false, hasNewer: false, hasOlder: false }, null, () => undefined);
});

const focused = () => document.activeElement as HTMLElement;

test('after the key the focus is on the heading of what is shown', () => {
  focus.move(null, LIST);
  expect(focused().id).toBe('list-title');
  focus.move(null, NEW);
  expect(focused().id).toBe('start-title');
});

test('a migration that is opened has the focus on its heading once it is answered, and later answers leave it', () => {
  focus.move(LIST, LAB);
  focus.arrive('detail-title');
  expect(focused().id).toBe('detail-title');
  document.getElementById('cancel')?.focus();
  focus.arrive('detail-title');
  expect(focused().id).toBe('cancel');
  focus.move(LAB, { what: 'migration', id: 'none' });
  focus.arrive('missing-title');
  expect(focused().id).toBe('missing-title');
});

test('the one beside the list, which nobody has opened, leaves the focus where it is', () => {
  focus.move(null, LIST);
  focus.arrive('detail-title');
  expect(focused().id).toBe('list-title');
});

test('going back leads to what one came from: the item in the list, the way to the form, else the list', () => {
  focus.move(LAB, LIST);
  expect(focused().dataset['id']).toBe('lab');
  focus.move(NEW, LIST);
  expect(focused().id).toBe('new');
  focus.move({ what: 'migration', id: 'on-another-page' }, LIST);
  expect(focused().id).toBe('list-title');
});
