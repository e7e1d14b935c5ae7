import { expect, test } from 'vitest';
import type { MigrationReport } from '../../../src/contract/migrationReport.ts';
import { listArtifacts } from '../../../src/report/listArtifacts.ts';
import { renderHtml } from '../../../src/report/renderHtml.ts';
import { renderJson } from '../../../src/report/renderJson.ts';
import { renderText } from '../../../src/report/renderText.ts';
import { sampleReport } from './sampleReport.ts';

const WITHOUT = sampleReport();
const mapping = { from: 's3://a', to: 'gs://b' };

function mappedReport(artifacts: NonNullable<MigrationReport['artifacts']> | null): MigrationReport {
  return { ...WITHOUT, settings: { ...WITHOUT.settings, artifacts: [mapping] }, artifacts };
}

const COUNTED = mappedReport({
  mappings: [{ ...mapping, values: 1_001 }],
  changed: { 'runs.artifact_uri': 1_000, 'experiments.artifact_location': 1, 'model_versions.source': 0 },
  unmet: [
    { prefix: 's3://c', values: 2 },
    { prefix: '.', values: 1 },
  ],
  uncounted: ['tags.value'],
});

test('a map is reported with what it met', () => {
  expect(listArtifacts(COUNTED)).toEqual([
    ['Mapped', 's3://a -> gs://b: 1,001 values'],
    ['Changed', 'runs.artifact_uri (1,000 values), experiments.artifact_location (1 value)'],
    ['As they are', 's3://c (2 values), relative paths (1 value)'],
    ['Not counted', 'tags.value'],
  ]);
  expect(renderText(COUNTED)).toContain('ARTIFACT LOCATIONS:');
  expect(renderHtml(COUNTED)).toContain('s3://c (2 values)');
  expect(JSON.parse(renderJson(COUNTED))).toMatchObject({
    settings: { artifacts: [mapping] },
    artifacts: { changed: { 'runs.artifact_uri': 1_000 }, unmet: [{ prefix: 's3://c', values: 2 }, {}] },
  });
});

test('what was not counted is not called nothing, and without a map nothing is said', () => {
  expect(listArtifacts(mappedReport(null))).toEqual([
    ['Mapped', 's3://a -> gs://b'],
    ['Values', 'not counted'],
  ]);
  expect(listArtifacts(WITHOUT)).toEqual([]);
  expect(renderText(WITHOUT)).not.toContain('ARTIFACT');
  expect(renderJson(WITHOUT)).not.toContain('artifacts');
});
