import { expect, test } from 'vitest';
import { GRANT_TARGETS } from '../../../src/config/grantsFor.ts';
import { ERROR_KINDS, ERROR_POLICY } from '../../../src/errors.ts';
import { LOOK_EVERY_S } from '../../../src/orchestrators/awaitWord.ts';
import { writeCharge } from '../../../src/plan/estimate.ts';
import { METRICS } from '../../../src/telemetry/metrics.ts';
import { readText, tableRows } from './markdown.ts';

const page = readText('docs/operations.md');

test('docs/operations.md lists every parameter of main.parameters.json with its default and its description', () => {
  const { parameters } = JSON.parse(readText('infra/main.parameters.json')) as {
    parameters: Record<string, { value: string }>;
  };
  const expected = Object.entries(parameters).flatMap(([name, { value }]) => {
    const [, variable, fallback] = /^\$\{(\w+)(?:=(.*))?\}$/.exec(value) ?? [];
    if (fallback === undefined) return [];
    return [[`\`${variable}\``, `\`${name}\``, fallback === '' ? '' : `\`${fallback}\``]];
  });
  const rows = tableRows(page, 'Variable');
  expect(rows.map((row) => row.slice(0, 3))).toEqual(expected);
  const template = readText('infra/main.bicep');
  const described = /@description\('((?:[^'\\]|\\.)*)'\)\n(?:@[^\n]*\n)*param (\w+) /g;
  const meanings = new Map([...template.matchAll(described)].map(([, text, name]) => [`\`${name}\``, text]));
  expect(rows.map((row) => row[3])).toEqual(rows.map((row) => meanings.get(row[1] ?? '')?.replaceAll("\\'", "'")));
});

test('docs/operations.md has a run book entry for every kind of failure', () => {
  expect(tableRows(page, 'Kind').map(([kind]) => kind)).toEqual(ERROR_KINDS.map((kind) => `\`${kind}\``));
});

test('docs/operations.md tells of every kind of grants', () => {
  expect(tableRows(page, '`--for`').map(([kind]) => kind)).toEqual(GRANT_TARGETS.map((kind) => `\`${kind}\``));
});

test('docs/operations.md lists every metric', () => {
  const expected = Object.entries(METRICS).map(([name, meaning]) => [`\`mlflow.${name}\``, meaning]);
  expect(tableRows(page, 'Metric')).toEqual(expected);
});

test('the workbook and the alert rules ask for metrics that there are, and alert for kinds that no fresh attempt cures', () => {
  const texts = [readText('infra/app/workbook.json'), readText('infra/app/alerts.bicep')];
  const asked = texts.flatMap((text) => [...text.matchAll(/'mlflow\.(\w+)'/g)].map(([, name]) => name as string));
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((name) => !(name in METRICS))).toEqual([]);
  const [, list = ''] = /problem !in \(([^)]*)\)/.exec(texts[1] ?? '') ?? [];
  const silent = [...list.matchAll(/'([^']+)'/g)].map(([, kind]) => kind as string);
  const transient = ERROR_KINDS.filter((kind) => ERROR_POLICY[kind].transient);
  expect(silent.toSorted()).toEqual(['interrupted', ...transient].toSorted());
});

test('docs/operations.md says what a suspended migration costs as it looks for a word', () => {
  const looks = (24 * 3600) / (LOOK_EVERY_S.at(-1) ?? 0);
  // A turn that begins, one that has the word, one that its timer wakes; and the activity that reads the word.
  const executions = looks * 4;
  const [row] = tableRows(page, 'What').filter(([what]) => what?.startsWith('A suspended migration'));
  expect(row?.[1]).toContain(`${looks.toLocaleString('en-US')} looks at the operator's word, one every 30 s`);
  expect(row?.[1]).toContain(`${executions.toLocaleString('en-US')} executions`);
  expect(row?.[1]).toContain(
    `about 25 operations of queues, tables and blobs, ${(looks * 25).toLocaleString('en-US')}`,
  );
});

/** Price of 100 RU/s for an hour, as the page names it. */
const AUTOSCALE_PRICE = 0.012;

test('docs/operations.md computes its costs as the program does', () => {
  expect(page).toContain(`${AUTOSCALE_PRICE} US$`);
  const charge = writeCharge(1024, 3);
  expect(page).toContain(`${charge.toFixed(2)} RU`);
  const expected = [1e5, 1e6, 1e7, 1e8].map((documents) => {
    const units = documents * charge;
    const columns = [4000, 47_000].flatMap((perSecond) => {
      const hours = units / (perSecond * 0.9) / 3600;
      const time = hours < 1 ? `${Math.max(1, Math.round(hours * 60))} min` : `${hours.toFixed(1)} h`;
      return [time, `${(((Math.ceil(hours) * perSecond) / 100) * AUTOSCALE_PRICE).toFixed(2)} US$`];
    });
    return [documents.toLocaleString('en-US'), Math.round(units).toLocaleString('en-US'), ...columns];
  });
  expect(tableRows(page, 'Documents')).toEqual(expected);
});
