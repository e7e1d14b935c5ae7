import { expect, test } from 'vitest';
import { renderJson } from '../../../src/report/renderJson.ts';
import { failedReport, faultyReport, sampleReport, tableTotals } from './sampleReport.ts';

test('the JSON has the fields of the contract in its order, first of all others', () => {
  const parsed = JSON.parse(renderJson(sampleReport())) as Record<string, unknown>;
  expect(Object.keys(parsed).slice(0, 14)).toEqual([
    'schemaVersion',
    'id',
    'status',
    'layout',
    'dryRun',
    'source',
    'target',
    'tables',
    'totals',
    'validation',
    'throttled',
    'requestUnits',
    'seconds',
    'reports',
  ]);
});

test('the fields of the report hold to the letter', () => {
  const parsed = JSON.parse(renderJson(sampleReport({}, { runs: 6013 }))) as Record<string, unknown>;
  expect(parsed).toMatchObject({
    schemaVersion: 1,
    status: 'completed',
    layout: 'tables',
    dryRun: false,
    throttled: 0,
    requestUnits: null,
  });
  expect(parsed['tables']).toEqual({ runs: { total: 6013, migrated: 6013, unchanged: 0, errors: 0, repaired: 0 } });
  expect(parsed['totals']).toEqual({ total: 6013, migrated: 6013, errors: 0 });
  expect(parsed['validation']).toEqual({
    counts: 'ok',
    types: 'ok',
    indexes: 'ok',
    references: 'ok',
    content: 'ok',
    schema: 'ok',
    findings: [],
  });
  expect(parsed['seconds']).toEqual({ total: 4.2, copy: 2.9, indexes: 0.4, validate: 0.8 });
  expect(Object.keys(parsed['reports'] as object)).toEqual(['json', 'text', 'html']);
});

test('nothing of the report is lost: what is parsed equals what was rendered', () => {
  const instant = {
    at: '2026-11-24T00:23:05.000Z',
    from: 'primary',
    openTransactions: [],
    preparedTransactions: [],
  } as const;
  const cutOver = sampleReport({
    facts: { instant: { ...instant, quietSince: '2026-11-24T00:23:04.000Z' } },
    afterCutover: { reader: ['r'], undo: ['u'] },
  });
  for (const report of [sampleReport(), failedReport(), faultyReport(), cutOver]) {
    expect(JSON.parse(renderJson(report))).toEqual(report);
  }
});

test('the order of fields does not depend on the order in which the report was put together', () => {
  const report = sampleReport();
  const turned = Object.fromEntries(Object.entries(report).toReversed()) as unknown as typeof report;
  expect(renderJson(turned)).toBe(renderJson(report));
});

test('fields that a report does not have by its type stay out, at every depth', () => {
  const canary = 'postgresql://user:c4nary@host/db';
  const report = sampleReport({}, { runs: 1 });
  const laden = {
    ...report,
    connectionUri: canary,
    settings: { ...report.settings, password: canary },
    environment: { ...report.environment, token: canary },
    tables: { runs: { ...tableTotals(1), uri: canary } },
    problems: [{ kind: 'internal', message: 'm', hint: 'h', cause: canary }],
    verdict: { ...report.verdict, token: canary },
    validation: {
      ...report.validation,
      findings: [{ severity: 'note', check: 'copy', table: 't', message: 'm', value: canary }],
    },
  } as unknown as typeof report;
  expect(renderJson(laden)).not.toContain('c4nary');
  expect(renderJson(laden)).not.toMatch(/password|token|connectionUri/);
});

test('a table may bear any name, also one that objects treat in their own way', () => {
  const tables = Object.fromEntries([
    ['__proto__', tableTotals(3)],
    ['constructor', tableTotals(2)],
    ['a"b\\c', tableTotals(1)],
  ]);
  const parsed = JSON.parse(renderJson(sampleReport({ tables }))) as { tables: object };
  expect(Object.entries(parsed.tables)).toEqual(Object.entries(tables));
});

test('the text is indented and ends in one line break', () => {
  expect(renderJson(sampleReport())).toMatch(/^\{\n {2}"schemaVersion": 1,\n[\s\S]*\n\}\n$/);
});
