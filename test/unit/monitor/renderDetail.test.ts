// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import type { MigrationStatus } from '../../../src/contract/migrationStatus.ts';
import { renderDetail } from '../../../src/monitor/renderDetail.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';
import { isHidden, openPage, textOf, textsOf } from './openPage.ts';

beforeEach(openPage);

const show = (changes: Partial<MigrationStatus> = {}): void => renderDetail(sampleStatus(changes));
const classOf = (selector: string) => document.querySelector(selector)?.className;

test('the figures of a migration that runs', () => {
  show({ requestUnits: 1_812_345.2, totals: { total: 63_363, copied: 26_013, validated: 7, errors: 3 } });
  expect(isHidden('#detail')).toBe(false);
  expect(
    Object.fromEntries(
      ['copied', 'validated', 'errors', 'rate', 'bytes', 'throttled', 'units'].map((id) => [id, textOf(`#${id}`)]),
    ),
  ).toEqual({
    copied: '26,013 of 63,363',
    validated: '7 of 63,363',
    errors: '3',
    rate: '41,234/s',
    bytes: '7.4 MB/s',
    throttled: '12',
    units: '1,812,345 RU',
  });
  expect(classOf('#errors-card')).toBe('bad');
});

test('one that follows its source says how far it is behind, what keeps a cut-over from its end, and can be cut over', () => {
  const passes = { equalAt: '2026-11-28T10:00:00.000Z', lagSeconds: 12, passes: 4, rows: 70, lastRows: 3 };
  show({ phase: 'follow', follow: passes });
  expect([isHidden('#lag-card'), isHidden('#problems'), isHidden('#cutover')]).toEqual([false, true, false]);
  expect(textOf('#lag')).toBe('12 s');
  show({ phase: 'follow', follow: { ...passes, held: { rows: 3, writers: 1, prepared: 0 } } });
  expect(textOf('#problems p')).toBe(
    'The cut-over waits for a pass that finds no writer: 3 rows had changed, 1 session was writing in the last one',
  );
  show({ phase: 'done', status: 'completed', follow: passes });
  expect([isHidden('#lag-card'), isHidden('#problems'), isHidden('#cutover')]).toEqual([true, true, true]);
  show();
  expect([isHidden('#lag-card'), isHidden('#cutover')]).toEqual([true, true]);
});

test('what does not run has no rates, and what costs no request units says so', () => {
  show({ status: 'suspended' });
  expect([...document.querySelectorAll('.rate')].every((card) => card.hasAttribute('hidden'))).toBe(true);
  expect(textOf('#units')).toBe('none');
  expect(classOf('#errors-card')).toBe('');
});

test('ends that are not known yet are left open', () => {
  show({ source: null, target: null });
  expect([textOf('#source'), textOf('#target')]).toEqual(['…', '…']);
});

test.each([
  [20.56, '20.5 %', '20'],
  [99.99, '99.9 %', '99'],
  [100, '100 %', '100'],
  [130, '100 %', '100'],
])('%d percent are shown as %s', (percent, words, value) => {
  show({ percent });
  expect(textOf('#percent')).toBe(words);
  expect(document.querySelector('#meter')?.getAttribute('aria-valuenow')).toBe(value);
});

test.each([
  ['running', 'meter'],
  ['completed', 'meter good'],
  ['completed-with-errors', 'meter bad'],
  ['failed', 'meter bad'],
  ['cancelled', 'meter'],
] as const)('the bar of one that is %s has the class %s', (status, name) => {
  show({ status });
  expect(classOf('#meter')).toBe(name);
});

test.each<[string, Partial<MigrationStatus>, readonly string[]]>([
  ['runs', { phase: 'copy' }, ['preflight: past', 'plan: past', 'copy: step', 'done: ']],
  [
    'is interrupted',
    { status: 'interrupted', phase: 'copy' },
    ['preflight: past', 'plan: past', 'copy: stopped step', 'done: '],
  ],
  [
    'failed',
    { status: 'failed', phase: 'done', endedIn: 'plan' },
    ['preflight: past', 'plan: stopped step', 'copy: ', 'done: '],
  ],
  ['failed nobody knows where', { status: 'failed', phase: 'done' }, ['preflight: ', 'plan: ', 'copy: ', 'done: ']],
  [
    'completed',
    { status: 'completed', phase: 'done', endedIn: 'plan' },
    ['preflight: past', 'plan: past', 'copy: past', 'done: past'],
  ],
])('the phases of one that %s', (_what, changes, expected) => {
  show({ phases: ['preflight', 'plan', 'copy', 'done'], ...changes });
  const phases = [...document.querySelectorAll('#phases li')].map((item) => {
    const marks = [item.className, item.getAttribute('aria-current') ?? ''].filter((mark) => mark !== '');
    return `${item.textContent}: ${marks.join(' ')}`;
  });
  expect(phases).toEqual(expected);
});

test('failures are told with their hints, and gone when there are none', () => {
  show({ status: 'failed', failures: [{ kind: 'internal', message: 'It broke', hint: 'Mend it' }] });
  expect(textsOf('#problems p')).toEqual(['It broke', 'Mend it']);
  expect(isHidden('#problems')).toBe(false);
  show();
  expect(isHidden('#problems')).toBe(true);
});

const NOTHING = { total: 0, copied: 0, validated: 0, errors: 0 };
test.each<[string, Partial<MigrationStatus>, doing: string, shown: readonly string[]]>([
  ['copies', {}, 'Copying: 26,013 of 63,363 records', ['overall', 'cards']],
  [
    'builds indexes',
    { phase: 'indexes', indexes: { done: 12, total: 71 } },
    'Building indexes: 12 of 71 collections',
    ['overall', 'cards'],
  ],
  [
    'compares beside that',
    { phase: 'indexes', indexes: { done: 12, total: 71 }, totals: { total: 9, copied: 9, validated: 4, errors: 0 } },
    'Building indexes: 12 of 71 collections, 4 of 9 records compared',
    ['overall', 'cards'],
  ],
  ['has begun to compare', { phase: 'validate' }, 'Validating: 0 of 63,363 records compared', ['overall', 'cards']],
  ['knows nothing yet', { phase: 'preflight', totals: NOTHING }, 'Checking both ends', []],
  [
    'failed before it knew anything',
    { status: 'failed', phase: 'done', endedIn: 'preflight', totals: NOTHING, percent: 0 },
    'Failed, in phase preflight',
    [],
  ],
  [
    'was cancelled',
    { status: 'cancelled', phase: 'done', endedIn: 'copy', percent: 45.5 },
    'Cancelled at 45 %, in phase copy',
    ['cards'],
  ],
  ['was a dry run', { kind: 'analysis', status: 'completed', phase: 'done', percent: 0 }, '', []],
  ['follows', { phase: 'follow' }, 'Following', ['cards']],
])('one that %s says so, and no share of what nobody counts', (_what, changes, doing, shown) => {
  show(changes);
  expect(textOf('#doing')).toBe(doing);
  expect(['overall', 'cards'].filter((id) => !isHidden(`#${id}`))).toEqual(shown);
});

test.each<[Partial<MigrationStatus>, readonly string[]]>([
  [{ kind: 'analysis', status: 'completed' }, ['migrate', 'restart']],
  [{ kind: 'analysis', status: 'failed', failures: [{ kind: 'config', message: 'm', hint: 'h' }] }, ['restart']],
  [{ status: 'completed' }, ['catch-up']],
  [{ status: 'completed-with-errors' }, ['restart', 'catch-up']],
  [{ status: 'cancelled' }, ['restart']],
  [{ kind: 'return', status: 'completed' }, []],
  [{ kind: 'return', status: 'failed' }, []],
  [{ status: 'running' }, []],
])('what can be made of %j: %j', (changes, offered) => {
  show(changes);
  expect(['migrate', 'restart', 'catch-up'].filter((id) => !isHidden(`#${id}`))).toEqual(offered);
});

const OFFERED: Readonly<Record<MigrationStatus['status'], readonly string[]>> = {
  pending: ['suspend', 'cancel'],
  running: ['suspend', 'cancel'],
  suspending: ['resume', 'cancel'],
  suspended: ['resume', 'cancel'],
  resuming: ['suspend', 'cancel'],
  cancelling: [],
  interrupted: ['suspend', 'cancel'],
  completed: ['reports'],
  'completed-with-errors': ['reports'],
  failed: ['reports'],
  cancelled: ['reports'],
};

test.each(Object.entries(OFFERED))('one that is %s offers %j', (status, offered) => {
  show({ status: status as MigrationStatus['status'] });
  const all = ['suspend', 'resume', 'cancel', 'reports'];
  expect(all.filter((id) => !isHidden(`#${id}`))).toEqual(offered);
});

test('a way back is named as one, from the target to the source, and has no page for a report', () => {
  renderDetail(sampleStatus({ kind: 'return', status: 'completed', source: 'pg:1/a', target: 'mongo:2/b' }));
  expect(textOf('#kind')).toBe('Way back');
  expect([textOf('#source'), textOf('#target')]).toEqual(['mongo:2/b', 'pg:1/a']);
  expect(isHidden('#report-html')).toBe(true);
  renderDetail(sampleStatus({ status: 'completed' }));
  expect(isHidden('#report-html')).toBe(false);
});

test('a choice of experiments and a map of artifacts are told', () => {
  renderDetail(sampleStatus({ experiments: ['churn', '7'], artifacts: [{ from: 's3://a', to: 'gs://b' }] }));
  expect(textOf('#choice')).toBe('Only experiments: churn, 7 · Artifacts at s3://a are named as at gs://b');
  renderDetail(sampleStatus());
  expect(isHidden('#choice')).toBe(true);
});

test('a comparison copies nothing, and refused requests stand out', () => {
  renderDetail(sampleStatus({ kind: 'comparison', throttled: 0 }));
  expect(isHidden('#copied-card')).toBe(true);
  expect(document.querySelector('#throttled-card')?.className).toBe('');
  renderDetail(sampleStatus({ throttled: 9 }));
  expect(isHidden('#copied-card')).toBe(false);
  expect(document.querySelector('#throttled-card')?.className).toBe('note');
});

test('a button that has the focus hands it to what can be done in its place, and the others leave it', () => {
  const focused = () => document.activeElement?.id;
  show();
  document.getElementById('suspend')?.focus();
  show({ status: 'suspended' });
  expect(focused()).toBe('resume');
  document.getElementById('cancel')?.focus();
  show();
  expect(focused()).toBe('cancel');
  show({ status: 'cancelling' });
  expect(focused()).toBe('detail-title');
});
