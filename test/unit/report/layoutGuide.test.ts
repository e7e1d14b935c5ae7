import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LAYOUT_NAMES } from '../../../src/contract/layoutName.ts';
import { layoutLines } from '../../../src/report/layoutGuide.ts';

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

test('each layout is told in three lines that fit 80 columns, the first with its name', () => {
  for (const layout of LAYOUT_NAMES) {
    const lines = layoutLines(layout);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(new RegExp(`^${layout}: `));
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  }
});

test('what is said of the plugin is what the documents say', () => {
  const said = layoutLines('mlflow').join(' ');
  for (const fact of ['MongoDB 8.0 or later', '0.1.0b2']) {
    expect(said).toContain(fact);
    expect(page('after-migration.md')).toContain(fact);
  }
  expect(page('reference/served-features.md')).toContain('0.1.0b2');
  expect(page('after-migration.md')).toContain('MLflow does not work on it there');
  expect(said).toContain('not on request units');
});
