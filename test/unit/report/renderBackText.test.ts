import { expect, test } from 'vitest';
import { BACK_REPORT_VERSION, type BackReport, NOTHING_BACK } from '../../../src/contract/backReport.ts';
import { renderBackText } from '../../../src/report/renderBackText.ts';

const REPORT: BackReport = {
  ...NOTHING_BACK,
  schemaVersion: BACK_REPORT_VERSION,
  id: 'back',
  kind: 'return',
  status: 'completed',
  dryRun: true,
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  problems: [],
};

test('experiments that get another number are listed by name, id and number', () => {
  const listed = Array.from({ length: 21 }, (_one, index) => ({
    id: `${index}9`,
    name: `n${index}`,
    number: `${index}`,
  }));
  const text = renderBackText({ ...REPORT, experiments: { count: 30, listed } });
  expect(text).toContain('  n3: 39 → 3\n');
  expect(text).toContain('  and 10 more\n');
  expect(text).not.toContain('n20');
  expect(renderBackText(REPORT)).not.toContain('EXPERIMENTS');
});
