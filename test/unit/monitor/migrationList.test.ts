// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import type { MigrationStatus } from '../../../src/contract/migrationStatus.ts';
import type { Listing } from '../../../src/monitor/listState.ts';
import { firstChoice, renderList, updateListItem } from '../../../src/monitor/migrationList.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';
import { isHidden, openPage, textOf, textsOf } from './openPage.ts';

const older = sampleStatus({ id: 'migration-older', status: 'completed', startedAt: '2026-11-20T00:00:00.000Z' });
const running = sampleStatus({ id: 'migration-running', startedAt: '2026-11-21T00:00:00.000Z' });
const newest = sampleStatus({ id: 'migration-newest', status: 'failed', startedAt: '2026-11-22T00:00:00.000Z' });
const dry = sampleStatus({ id: 'lab-analysis', status: 'completed', kind: 'analysis' });
const all = [newest, running, older];
const WHOLE = { isPart: false, hasNewer: false, hasOlder: false };

function listing(migrations: readonly MigrationStatus[], changes: Partial<Listing> = {}): Listing {
  return { underWay: [], page: { migrations, next: null }, dryRuns: null, ...changes };
}

beforeEach(openPage);

const buttons = () => [...document.querySelectorAll<HTMLButtonElement>('#list button')];
const ignore = (): void => undefined;

test('one under way is shown first, wherever it stands in the list, else the latest', () => {
  expect(firstChoice(listing([newest, older], { underWay: [running] }))).toBe('migration-running');
  expect(firstChoice(listing([newest, older]))).toBe('migration-newest');
  expect(firstChoice(listing([]))).toBeNull();
});

test('those under way stand above the page once, dry runs below it where they are unfolded', () => {
  renderList(listing(all, { underWay: [running] }), WHOLE, null, ignore);
  expect(textsOf('#under-way-list .name')).toEqual(['running']);
  expect(textsOf('#list .name')).toEqual(['newest', 'older']);
  expect([isHidden('#under-way'), isHidden('#pages')]).toEqual([false, true]);
  const dryRuns = { migrations: [dry], next: '/api/migrations?after=x' };
  renderList(listing(all, { dryRuns }), { isPart: false, hasNewer: false, hasOlder: true }, null, ignore);
  expect(textsOf('#dry-runs-list .name')).toEqual(['lab-analysis']);
  expect(textOf('#dry-runs-note')).toBe('The latest 1: search for others.');
  expect([isHidden('#under-way'), isHidden('#pages')]).toEqual([true, false]);
});

test('each is told with its status, and how far it is or when it began', () => {
  renderList(listing(all), WHOLE, 'migration-running', ignore);
  expect(textsOf('#list .name')).toEqual(['newest', 'running', 'older']);
  expect(textsOf('#list .badge')).toEqual(['Failed', 'Running', 'Completed']);
  expect(textsOf('#list .line > :last-child')).toEqual([
    expect.stringContaining('2026'),
    '20 %',
    expect.stringContaining('2026'),
  ]);
  expect(buttons().map((button) => button.getAttribute('aria-current'))).toEqual(['false', 'true', 'false']);
});

test('a click chooses', () => {
  const chosen: string[] = [];
  renderList(listing(all), WHOLE, null, (id) => void chosen.push(id));
  buttons()[2]?.click();
  expect(chosen).toEqual(['migration-older']);
});

test('the focus stays with its migration, wherever that stands now', () => {
  renderList(listing(all), WHOLE, null, ignore);
  buttons()[0]?.focus();
  renderList(listing([...all].reverse()), WHOLE, null, ignore);
  expect(document.activeElement).toBe(buttons()[2]);
});

test('the focus goes to the other way through the pages where there are no more this way', () => {
  const show = (hasNewer: boolean, hasOlder: boolean) =>
    renderList(listing(all), { isPart: false, hasNewer, hasOlder }, null, ignore);
  show(false, true);
  document.getElementById('older')?.focus();
  show(true, false);
  expect(document.activeElement?.id).toBe('newer');
  show(false, true);
  expect(document.activeElement?.id).toBe('older');
});

test('an app without migrations says so', () => {
  renderList(listing([]), WHOLE, null, ignore);
  expect([isHidden('#none'), textOf('#none')]).toEqual([false, 'None yet.']);
  renderList(listing([]), { ...WHOLE, isPart: true }, null, ignore);
  expect([isHidden('#none'), textOf('#none')]).toEqual([false, 'None is found.']);
  renderList(listing(all), WHOLE, null, ignore);
  expect(isHidden('#none')).toBe(true);
});

test('the item of the migration that is shown follows its status, and the others stay', () => {
  renderList(listing(all), WHOLE, 'migration-older', ignore);
  updateListItem({ ...running, status: 'suspended', percent: 33.3 });
  expect(textsOf('#list .badge')).toEqual(['Failed', 'Suspended', 'Completed']);
  expect(textsOf('#list .line > :last-child')[1]).toBe('33 %');
  expect(buttons().map((button) => button.getAttribute('aria-current'))).toEqual(['false', 'true', 'false']);
});
