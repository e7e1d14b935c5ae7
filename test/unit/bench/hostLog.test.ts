import { expect, test } from 'vitest';
import { readHostLog } from '../../../bench/hostLog.ts';

const done = (time: string, activity: string, durationMs: number): string =>
  `host: ${time} information user ${activity}: ${JSON.stringify({ event: 'activity-done', migration: 'a', activity, durationMs })}`;

test('the log tells how long activities took, when the host listened and when the first rows were read', () => {
  const log = readHostLog(
    [
      'storage: listening on http://127.0.0.1:34641',
      'host: 2026-11-28T02:39:39.900Z information host: Listening on http://127.0.0.1:35645',
      done('2026-11-28T02:39:41.000Z', 'preflight', 250),
      done('2026-11-28T02:39:42.900Z', 'copyUnit', 500),
      done('2026-11-28T02:39:43.000Z', 'copyUnit', 1_000),
      'host: 2026-11-28T02:39:44.000Z warning host: not an event',
    ].join('\n'),
  );
  expect(log.activitySeconds).toEqual({ preflight: 0.25, copyUnit: 1.5 });
  expect(log.listeningAt).toBe(Date.parse('2026-11-28T02:39:39.900Z'));
  expect(log.firstRowsAt).toBe(Date.parse('2026-11-28T02:39:42.000Z'));
});

test('a run that read no rows has no first ones', () => {
  expect(readHostLog(done('2026-11-28T02:39:41.000Z', 'preflight', 250)).firstRowsAt).toBeNull();
});
