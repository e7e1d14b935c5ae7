import { expect, test } from 'vitest';
import { statusText } from '../../src/cli/display/statusText.ts';
import { statusOf } from './fakeApp.ts';

const HERE = { url: null, stateDirectory: '.mlflow-migrate' };
const DEPLOYED = { url: 'https://app.example', stateDirectory: '.mlflow-migrate' };
const interrupted = statusOf({ status: 'interrupted', lastSignAt: '2026-11-27T12:01:00.000Z' });
const lines = (...status: Parameters<typeof statusText>): string[] => statusText(...status).split('\n');

test('a migration whose process is dead says since when, and the command that goes on', () => {
  expect(lines(interrupted, HERE)).toEqual(
    expect.arrayContaining([
      'Status:     interrupted: its process is dead, last sign of life 2026-11-27 12:01:00 UTC',
      'Go on:      mlflow-migrate --resume --name lab',
    ]),
  );
  expect(lines(interrupted, { url: null, stateDirectory: '/srv/state' })).toContain(
    'Go on:      mlflow-migrate --resume --name lab --state-dir /srv/state',
  );
  expect(lines({ ...interrupted, kind: 'comparison', name: 'lab-validate' }, HERE)).toContain(
    'Go on:      mlflow-migrate validate --resume --name lab',
  );
  expect(lines(interrupted, DEPLOYED)).toContain('Go on:      by itself, when the function app is back');
});

test('one that runs says nothing of it', () => {
  const text = statusText(statusOf(), HERE);
  expect(text).toContain('Status:     running\n');
  expect(text).not.toContain('Go on:');
});

test('one that has missed heartbeats says since when', () => {
  const silent = statusOf({ status: 'cancelling', silentSince: '2026-11-27T12:01:00.000Z' });
  expect(lines(silent, DEPLOYED)).toContain(
    'Status:     cancelling, but no sign of life since 2026-11-27 12:01:00 UTC',
  );
  expect(statusText(silent, DEPLOYED)).toContain(
    'Progress:   Copying, cancelling, 410 of 1,010 records, 20 % of the run',
  );
});

test('one that carries some experiments alone names them', () => {
  expect(lines(statusOf({ experiments: ['churn', '7'] }), DEPLOYED)).toContain('Only:       experiments churn, 7');
  expect(statusText(statusOf(), DEPLOYED)).not.toContain('Only:');
});

test('of a comparison nothing is said to be copied', () => {
  const tables = { runs: { total: 1_000, copied: 1_000, validated: 400, errors: 0 } };
  expect(lines(statusOf({ kind: 'comparison', phase: 'validate', tables }), DEPLOYED)).toContain(
    '  runs 400 of 1,000 validated',
  );
  expect(lines(statusOf({ tables }), DEPLOYED)).toContain('  runs 1,000 of 1,000 copied, 400 validated');
});
