import { expect, test } from 'vitest';
import type { SeriesPoint } from '../../../src/contract/progressSeries.ts';
import { timelineOf } from '../../../src/functions/timelineOf.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();
const refused = (stretch: number, count: number): SeriesPoint => [stretch, 10, 0, count, 0, null];

test('what happened comes in its order: phases, words, refusals together, and the end last', () => {
  const events = timelineOf({
    noted: [{ at: at(20), what: 'phase', phase: 'plan' }],
    word: { word: 'run', at: at(70), by: null, earlier: [{ word: 'suspend', at: at(30), by: 'ada' }] },
    stepSeconds: 2,
    points: [refused(20, 3), refused(21, 0), refused(22, 4), refused(100, 1)],
    status: { status: 'cancelled', startedAt: at(10), finishedAt: at(60) },
  });
  expect(events).toEqual([
    { at: at(10), what: 'phase', phase: 'preflight' },
    { at: at(20), what: 'phase', phase: 'plan' },
    { at: at(30), what: 'word', word: 'suspend', by: 'ada' },
    { at: at(40), what: 'refused', until: at(46), count: 7 },
    { at: at(70), what: 'word', word: 'run', by: null },
    { at: at(200), what: 'refused', until: at(202), count: 1 },
    { at: at(60), what: 'ended', status: 'cancelled' },
  ]);
});

test('of a run that nobody has spoken to yet there is its beginning', () => {
  const word = { word: 'run', at: null, by: null } as const;
  const status = { status: 'running', startedAt: at(1), finishedAt: null } as const;
  expect(timelineOf({ noted: [], word, stepSeconds: 1, points: [], status })).toEqual([
    { at: at(1), what: 'phase', phase: 'preflight' },
  ]);
});
