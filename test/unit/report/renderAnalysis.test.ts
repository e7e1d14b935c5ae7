import { expect, test } from 'vitest';
import { renderAnalysis } from '../../../src/report/renderAnalysis.ts';
import { sampleAnalysis } from './sampleReport.ts';

test('the analysis reads as that of the original tool, with sizes and time', () => {
  expect(renderAnalysis(sampleAnalysis({ experiments: 284, runs: 6013, webhooks: 1, spans: 0 }))).toBe(
    [
      'Analyzing source data in PostgreSQL...',
      '  experiments: 284 records',
      '  runs: 6,013 records',
      '  webhooks: 1 records',
      '  spans: 0 records',
      'Total records to migrate: 6,298',
      'Total size: 1.1 MB (largest: runs 1.1 MB, experiments 51.1 kB, webhooks 180 B)',
      'Estimated time: 4.5 s',
      '',
    ].join('\n'),
  );
});

test('request units come with the throughput, the time at it and their meaning', () => {
  const requestUnits = { total: 1_812_345, provisioned: 400, seconds: 4530, meaning: 'Raise it for an hour.' };
  expect(renderAnalysis(sampleAnalysis({ runs: 2 }, { requestUnits }))).toContain(
    'Request units: 1,812,345 RU (400 RU/s now, 1 h 16 min at that throughput)\n  Raise it for an hour.\n',
  );
});

test('an account that does not tell its throughput gets no time made up', () => {
  const requestUnits = { total: 70, provisioned: null, seconds: null, meaning: 'Serverless: billed by use.' };
  expect(renderAnalysis(sampleAnalysis({ runs: 2 }, { requestUnits }))).toContain(
    'Request units: 70 RU (no shared throughput, or the account does not say)\n',
  );
});

test('tables that become part of another collection are named', () => {
  const tables = {
    runs: { rows: 2, bytes: 10, collection: 'runs' },
    params: { rows: 3, bytes: 20, collection: 'runs' },
  };
  expect(renderAnalysis(sampleAnalysis({}, { tables, totalRows: 5, totalBytes: 30 }))).toContain(
    'Tables that become part of another collection:\n  params -> runs\n',
  );
});

test('an empty database has an analysis too', () => {
  expect(renderAnalysis(sampleAnalysis({}, { estimatedSeconds: 0 }))).toBe(
    'Analyzing source data in PostgreSQL...\nTotal records to migrate: 0\nTotal size: 0 B\nEstimated time: 0.0 s\n',
  );
});
