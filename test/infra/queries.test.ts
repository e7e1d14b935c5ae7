import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InvocationContext } from '@azure/functions';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { answering } from '../../src/activities/answering.ts';
import { ACTIVITIES } from '../../src/contract/functionNames.ts';
import { ERROR_KINDS, MigrationError } from '../../src/errors.ts';
import { METRICS } from '../../src/telemetry/metrics.ts';
import { activityServices } from '../support/activityServices.ts';
import { codeSpans, readText, tableRows } from '../unit/docs/markdown.ts';

const page = readText('docs/operations.md');

/** Queries by where they stand: what an operator copies, what the workbook shows, what alerts. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  'docs/operations.md': [...page.matchAll(/```kusto\n([\s\S]*?)```/g)].map(([, query]) => query as string),
  'infra/app/workbook.json': (
    JSON.parse(readText('infra/app/workbook.json')) as { items: { content: { query?: string } }[] }
  ).items.flatMap(({ content: { query } }) => query ?? []),
  'infra/app/alerts.bicep': [...readText('infra/app/alerts.bicep').matchAll(/'''\n([\s\S]*?)'''/g)].map(
    ([, query]) => query as string,
  ),
};

const all = Object.entries(QUERIES).flatMap(([file, queries]) => queries.map((query) => [file, query] as const));

type Line = Readonly<Record<string, unknown>>;

/** Lines of two migrations of the sample, one of which ended as it would have deleted three documents. */
const recorded = readFileSync(join(import.meta.dirname, 'recordedLines.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);

/** The line of an activity that fails. */
async function failedLine(): Promise<Line> {
  const lines: string[] = [];
  const services = activityServices();
  const fail = () => Promise.reject(new MigrationError('interrupted', 'Work was asked to stop'));
  const context = { functionName: 'copyUnit', log: (line: string) => lines.push(line) } as unknown as InvocationContext;
  const schema = z.object({ id: z.string(), unit: z.number() });
  await answering(services, schema, fail, { evenIfCancelled: true })({ id: 'lab', unit: 1 }, context);
  return JSON.parse(lines[0] ?? '{}') as Line;
}

let fields: ReadonlySet<string>;
beforeAll(async () => {
  fields = new Set([...recorded, await failedLine()].flatMap((line) => Object.keys(line)));
});

test('docs/operations.md describes every field of a log line, and no other', () => {
  const described = tableRows(page, 'Field').flatMap(([names]) => codeSpans(names ?? ''));
  expect([...fields].filter((field) => !described.includes(field))).toEqual([]);
  // Not every field stands in the lines of two migrations without a fault.
  const code = [
    'activities/answering',
    'activities/unitSummary',
    'activities/writeReport',
    'orchestrators/survivingDeployments',
  ]
    .map((file) => readText(`src/${file}.ts`))
    .join('');
  const made = (field: string): boolean => new RegExp(`\\b${field}\\b`).test(code);
  expect(described.filter((field) => !fields.has(field) && !made(field))).toEqual([]);
});

test('docs/operations.md names every event that a line may have', () => {
  const events = ['src/activities/answering.ts', 'src/orchestrators/survivingDeployments.ts'].flatMap((file) =>
    [...readText(file).matchAll(/JSON\.stringify\(\{ event: '([\w-]+)', migration: [^,]+, (\w+)/g)].flatMap(
      ([, ...names]) => names,
    ),
  );
  expect(events).toEqual(['begun-again', 'steps']);
  const described = page.slice(page.indexOf('| Field | Meaning |'));
  for (const name of [...events, 'activity-done']) expect(described.split('\n\n')[0]).toContain(`\`${name}\``);
});

test('every question has its query', () => {
  const chapter = /\n### Questions\n([\s\S]*?)\n### /.exec(page)?.[1] ?? '';
  const questions = [...chapter.matchAll(/^\*\*(.+\?)\*\*\n\n```kusto\n/gm)].map(([, question]) => question);
  expect(questions.length).toBeGreaterThanOrEqual(10);
  expect(chapter.match(/```kusto/g)).toHaveLength(questions.length);
});

describe.each(all)('%s: %s', (_file, query) => {
  test('asks for fields, activities, kinds and metrics that there are', () => {
    const asked = [...query.matchAll(/\bline\.(\w+)/g)].map(([, field]) => field as string);
    expect(asked.filter((field) => !fields.has(field))).toEqual([]);
    const activities = [...query.matchAll(/\bactivity [!=]= '(\w+)'/g)].map(([, name]) => name as string);
    expect(activities.filter((name) => !Object.hasOwn(ACTIVITIES, name))).toEqual([]);
    const kinds = [...query.matchAll(/\b(?:problems?|kind\)|problems\)) (?:[!=]=|contains) '([\w-]+)'/g)];
    expect(kinds.map(([, kind]) => kind).filter((kind) => !ERROR_KINDS.some((known) => known === kind))).toEqual([]);
    const metrics = [...query.matchAll(/'mlflow\.(\w+)'/g)].map(([, name]) => name as string);
    expect(metrics.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
  });
});

test('of several runs of a name no query takes an outcome at random, or by the alphabet', () => {
  for (const [file, query] of all) {
    expect(query, file).not.toMatch(/\b(?:take_)?any(?:if)?\(/);
    expect(query, file).not.toMatch(/\b(?:max|min)(?:if)?\((?:tostring|status|problems?|ended|activity|line\.)/);
    // What is told of each migration is told of its last line, and an outcome of its last report.
    if (/\bsummarize\b/.test(query) && /\bstatus\b/.test(query))
      expect(query, file).toContain('arg_max(reported, status');
  }
});

test('alerts and workbook know interrupted work, the lag, and deletes that were asked for', () => {
  for (const file of Object.keys(QUERIES)) {
    const text = QUERIES[file]?.join('\n') ?? '';
    expect(text).toContain("'interrupted'");
    expect(text).toContain("'mlflow.catchUpLagSeconds'");
    expect(text).toContain("'deletes-need-consent'");
  }
});

test('the recorded lines hold what the queries for deletes look for', () => {
  const asked = recorded.filter(({ problems }) => String(problems).includes('deletes-need-consent'));
  expect(asked).toMatchObject([{ migration: 'lab-2', activity: 'writeReport', status: 'failed' }]);
});
