import { expect, test } from 'vitest';
import { withFigures } from '../../../bench/figureTables.ts';
import { publishedResults } from '../../../bench/publishedResults.ts';
import { renderSpeedChart } from '../../../bench/speedChart.ts';
import { readText } from '../docs/markdown.ts';
import { RESULT } from './sampleResult.ts';

test('docs/speed.svg and the figures of docs/performance.md are those of the latest results (npm run bench:publish)', () => {
  const kept = publishedResults();
  const chart = renderSpeedChart({ tables: kept.tables.result, mlflow: kept.mlflow.result });
  expect(readText('docs/speed.svg')).toBe(chart);
  const page = readText('docs/performance.md');
  expect(withFigures(page, kept)).toBe(page);
});

test('a bar is as long as its figure, and its target stands in it', () => {
  const chart = renderSpeedChart({
    tables: RESULT,
    mlflow: { ...RESULT, layout: 'mlflow', plainLoop: { seconds: 150 } },
  });
  expect(chart).toContain('mlflow: copy + indexes: 10.00 ×');
  expect(chart).toContain('width="400.0"');
  expect(chart).toContain('<line x1="430.0"');
});

test('a result without the plain loop makes no chart', () => {
  const bare = { ...RESULT, plainLoop: null };
  expect(() => renderSpeedChart({ tables: bare, mlflow: bare })).toThrow('has no copyAgainstLoop');
});

test('a page without marks is left alone', () => {
  const kept = { file: 'a.json', result: RESULT };
  expect(() => withFigures('# Page\n', { tables: kept, mlflow: kept })).toThrow('no marks');
});
