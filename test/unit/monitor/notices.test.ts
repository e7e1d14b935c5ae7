// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../../src/monitor/api.ts';
import {
  announce,
  clearComplaint,
  clearNotice,
  complain,
  explainFailure,
  showConnection,
} from '../../../src/monitor/notices.ts';
import { isHidden, openPage, textOf } from './openPage.ts';

beforeEach(openPage);

const failure = new ApiError(503, { message: 'Storage does not answer', hint: 'Check AzureWebJobsStorage' });
const offline = new TypeError('Failed to fetch');
const dot = () => document.querySelector('#dot')?.className;

test('an answer that tells a failure is still a connection', () => {
  explainFailure(failure, null);
  expect([dot(), textOf('#connection')]).toEqual(['dot live', 'Connected']);
  expect([textOf('#notice-title'), textOf('#notice-detail')]).toEqual([
    'Storage does not answer',
    'Check AzureWebJobsStorage',
  ]);
  clearNotice();
  expect(isHidden('#notice')).toBe(true);
});

test('no answer is told with the time of the figures that are left', () => {
  explainFailure(offline, null);
  expect([dot(), textOf('#connection')]).toEqual(['dot offline', 'Offline']);
  expect(textOf('#notice-detail')).toBe(
    'Trying again until it answers. A migration under way goes on without this page.',
  );
  explainFailure(offline, new Date(2026, 10, 24, 13, 5, 7));
  expect(textOf('#notice-detail')).toMatch(/The figures are those of .*05:07/);
});

test('what a click led to is told until the next click', () => {
  complain(failure);
  expect(textOf('#complaint')).toBe('Storage does not answer. Check AzureWebJobsStorage');
  expect(isHidden('#complaint')).toBe(false);
  complain(offline);
  expect(textOf('#complaint')).toBe('The function app cannot be reached. Try again.');
  clearComplaint();
  expect(isHidden('#complaint')).toBe(true);
});

test('without a key there is no connection to speak of', () => {
  showConnection('none', 'Not connected');
  expect([dot(), textOf('#connection')]).toEqual(['dot', 'Not connected']);
});

test('what is announced stands where a screen reader hears it', () => {
  announce('Running, phase copy');
  expect(textOf('#announcer')).toBe('Running, phase copy');
});
