import { expect, test } from 'vitest';
import { runKindOf } from '../../../src/contract/runKind.ts';
import { isInterrupted, lastSignOf, silentSince } from '../../../src/functions/isInterrupted.ts';
import { phasesOf } from '../../../src/functions/runPhases.ts';

const NOW = Date.parse('2026-11-27T12:02:00.000Z');
const aMinuteAgo = '2026-11-27T12:01:00.000Z';
const longer = '2026-11-27T12:00:59.999Z';

test.each([
  ['running', aMinuteAgo, undefined, false],
  ['running', longer, undefined, true],
  // A function app may take its time until it begins.
  ['pending', longer, undefined, false],
  // Nothing runs in a host that only looks, however fresh the sign is.
  ['running', aMinuteAgo, 'looks', true],
  ['pending', aMinuteAgo, 'looks', true],
  // The one that answers is the one that works, also where storage takes no heartbeats.
  ['running', longer, 'works', false],
] as const)(
  '%s with its last sign at %s, in a local host that %s, is interrupted: %s',
  (state, sign, host, expected) => {
    expect(isInterrupted(state === 'pending', sign, host, NOW)).toBe(expected);
  },
);

test('the last sign of life is the newest of heartbeat and orchestration', () => {
  expect(lastSignOf(longer, null)).toBe(longer);
  expect(lastSignOf(longer, aMinuteAgo)).toBe(aMinuteAgo);
  // Times of orchestrations have no milliseconds on Azure.
  expect(lastSignOf('2026-11-27T12:01:00Z', longer)).toBe('2026-11-27T12:01:00Z');
});

test('a status says since when there was no sign of life once fifteen heartbeats were missed', () => {
  expect(silentSince('2026-11-27T12:01:45.000Z', NOW)).toBeNull();
  expect(silentSince('2026-11-27T12:01:44.999Z', NOW)).toBe('2026-11-27T12:01:44.999Z');
});

const asked = { dryRun: false, validateOnly: false, catchUp: false, validate: 'full', follow: null } as const;

test.each([
  ['migration', {}, 'preflight plan copy indexes validate catch-up report done'],
  ['migration', { validate: 'counts' }, 'preflight plan copy indexes validate report done'],
  ['migration', { validate: 'none' }, 'preflight plan copy indexes report done'],
  ['migration', { catchUp: true }, 'preflight plan validate catch-up report done'],
  ['migration', { follow: 10 }, 'preflight plan copy indexes validate catch-up follow report done'],
  ['comparison', { validateOnly: true }, 'preflight plan validate report done'],
  ['analysis', { dryRun: true }, 'preflight plan report done'],
] as const)('a %s that asks for %j goes through its own phases', (kind, change, expected) => {
  const request = { ...asked, ...change };
  expect(runKindOf(request)).toBe(kind);
  expect(phasesOf(request, null).join(' ')).toBe(expected);
});

test('a phase that was reached is shown', () => {
  expect(phasesOf({ ...asked, dryRun: true }, 'validate')).toEqual(['preflight', 'plan', 'validate', 'report', 'done']);
});
