// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import type { TimelineEvent } from '../../../src/contract/migrationSeries.ts';
import { eventWords, renderEvents } from '../../../src/monitor/events.ts';
import { sampleSeries } from '../../monitor/sampleSeries.ts';
import { isHidden, openPage, textsOf } from './openPage.ts';

beforeEach(openPage);

const at = '2026-11-24T00:23:03.000Z';

test.each<[TimelineEvent, string]>([
  [{ at, what: 'phase', phase: 'validate' }, 'Validating'],
  [{ at, what: 'repaired', count: 1_200 }, '1,200 documents replaced, as they differed from their rows'],
  [{ at, what: 'retried', count: 3 }, '3 pieces of work ended without an answer, and are done again'],
  [{ at, what: 'word', word: 'cutover', by: null }, 'Cut-over asked for'],
  [{ at, what: 'word', word: 'cancel', by: 'ada' }, 'Cancelled by ada'],
  [{ at, what: 'ended', status: 'completed-with-errors' }, 'Completed with errors'],
])('%j is told as "%s"', (event, words) => {
  expect(eventWords(event)).toBe(words);
});

test('the latest comes first, with the time of day where all is of one day', () => {
  const { events } = sampleSeries();
  renderEvents({ events });
  expect(isHidden('#events-panel')).toBe(false);
  expect(textsOf('#events span').at(-1)).toBe('Checking both ends');
  expect(textsOf('#events time')[0]).toMatch(/^\d\d:\d\d:\d\d$/);
  renderEvents({ events: [...events, { at: '2026-11-26T00:00:00.000Z', what: 'ended', status: 'failed' }] });
  expect(textsOf('#events time')[0]).toContain('2026');
  renderEvents({ events: [] });
  expect(isHidden('#events-panel')).toBe(true);
});
