// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { firstChoice, newestFirst, renderList, updateListItem } from '../../../src/monitor/migrationList.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';
import { isHidden, openPage, textsOf } from './openPage.ts';

const older = sampleStatus({ id: 'migration-older', status: 'completed', startedAt: '2026-11-20T00:00:00.000Z' });
const running = sampleStatus({ id: 'migration-running', startedAt: '2026-11-21T00:00:00.000Z' });
const newest = sampleStatus({ id: 'migration-newest', status: 'failed', startedAt: '2026-11-22T00:00:00.000Z' });
const waiting = sampleStatus({ id: 'migration-waiting', status: 'pending', startedAt: null });
const all = [older, running, newest];

beforeEach(openPage);

const buttons = () => [...document.querySelectorAll<HTMLButtonElement>('#list button')];
const ignore = (): void => undefined;

test('the latest start comes first, after what has not begun', () => {
  expect(newestFirst([...all, waiting]).map(({ name }) => name)).toEqual(['waiting', 'newest', 'running', 'older']);
});

test('the address decides what is shown first, then what is under way, then the order', () => {
  expect(firstChoice(all, '#migration-older')).toBe('migration-older');
  expect(firstChoice(all, '#gone')).toBe('migration-running');
  expect(firstChoice([newest, older], '')).toBe('migration-newest');
  expect(firstChoice([], '#gone')).toBeNull();
  expect(firstChoice([{ ...older, id: 'a#/?' }, running], '#a%23%2F%3F')).toBe('a#/?');
});

test('each is told with its status, and how far it is or when it began', () => {
  renderList(all, 'migration-running', ignore);
  expect(textsOf('#list .name')).toEqual(['older', 'running', 'newest']);
  expect(textsOf('#list .badge')).toEqual(['Completed', 'Running', 'Failed']);
  expect(textsOf('#list .line > :last-child')).toEqual([
    expect.stringContaining('2026'),
    '20 %',
    expect.stringContaining('2026'),
  ]);
  expect(buttons().map((button) => button.getAttribute('aria-current'))).toEqual(['false', 'true', 'false']);
});

test('a click chooses', () => {
  const chosen: string[] = [];
  renderList(all, null, (id) => void chosen.push(id));
  buttons()[2]?.click();
  expect(chosen).toEqual(['migration-newest']);
});

test('the focus stays with its migration, wherever that stands now', () => {
  renderList(all, null, ignore);
  buttons()[0]?.focus();
  renderList([...all].reverse(), null, ignore);
  expect(document.activeElement).toBe(buttons()[2]);
});

test('an app without migrations says so', () => {
  renderList([], null, ignore);
  expect(isHidden('#none')).toBe(false);
  renderList(all, null, ignore);
  expect(isHidden('#none')).toBe(true);
});

test('the item of the migration that is shown follows its status, and the others stay', () => {
  renderList(all, 'migration-older', ignore);
  updateListItem({ ...running, status: 'suspended', percent: 33.3 });
  expect(textsOf('#list .badge')).toEqual(['Completed', 'Suspended', 'Failed']);
  expect(textsOf('#list .line > :last-child')[1]).toBe('33 %');
  expect(buttons().map((button) => button.getAttribute('aria-current'))).toEqual(['false', 'true', 'false']);
});
