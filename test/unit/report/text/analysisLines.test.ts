import { expect, test } from 'vitest';
import { analysisLines } from '../../../../src/report/text/analysisLines.ts';
import { sampleAnalysis } from '../sampleReport.ts';

test('sizes stand below each other, the core tables first, the others by rows, empty ones in one line', () => {
  expect(analysisLines(sampleAnalysis({ webhooks: 1, spans: 0, runs: 6013, inputs: 20, experiments: 284 }))).toEqual([
    '  experiments:   284 records  51.1 kB',
    '  runs:        6,013 records   1.1 MB',
    '  inputs:         20 records   3.6 kB',
    '  webhooks:        1 records    180 B',
    '➖ 1 empty table: spans',
    'Total records to migrate: 6,318',
    'Total size: 1.1 MB',
    'Estimated time: 4.5 s',
  ]);
});

test('request units come with the throughput, the time at it and their meaning', () => {
  const requestUnits = { total: 1_812_345, provisioned: 400, seconds: 4530, meaning: 'Raise it for an hour.' };
  expect(analysisLines(sampleAnalysis({ runs: 2 }, { requestUnits }))).toEqual(
    expect.arrayContaining([
      'Request units: 1,812,345 RU (400 RU/s now, 1 h 16 min at that throughput)',
      '  Raise it for an hour.',
    ]),
  );
});

test('an account that does not tell its throughput gets no time made up', () => {
  const requestUnits = { total: 70, provisioned: null, seconds: null, meaning: 'Serverless: billed by use.' };
  expect(analysisLines(sampleAnalysis({ runs: 2 }, { requestUnits }))).toContain(
    'Request units: 70 RU (no shared throughput, or the account does not say)',
  );
});

test('tables that become part of another collection are named', () => {
  const tables = {
    runs: { rows: 2, bytes: 10, collection: 'runs' },
    params: { rows: 3, bytes: 20, collection: 'runs' },
  };
  expect(analysisLines(sampleAnalysis({}, { tables, totalRows: 5, totalBytes: 30 }))).toEqual(
    expect.arrayContaining(['Tables that become part of another collection:', '  params -> runs']),
  );
});

test('an empty database has an analysis too', () => {
  expect(analysisLines(sampleAnalysis({}, { estimatedSeconds: 0 }))).toEqual([
    'Total records to migrate: 0',
    'Total size: 0 B',
    'Estimated time: 0.0 s',
  ]);
});
