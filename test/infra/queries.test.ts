import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InvocationContext } from '@azure/functions';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { answering } from '../../src/activities/answer.ts';
import { ACTIVITIES } from '../../src/contract/functionNames.ts';
import { ERROR_KINDS, MigrationError } from '../../src/errors.ts';
import type { Workplace } from '../../src/runtime/workplace.ts';
import { METRICS } from '../../src/telemetry/metrics.ts';
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
  const during = (work: (signal: AbortSignal) => unknown) => work(new AbortController().signal);
  const workplace = {
    pulse: () => ({ during }),
    running: { during },
    metrics: { record: () => undefined },
    blobs: { append: () => Promise.resolve() },
  } as unknown as Workplace;
  const fail = () => Promise.reject(new MigrationError('interrupted', 'Work was asked to stop'));
  const context = { functionName: 'copyUnit', log: (line: string) => lines.push(line) } as unknown as InvocationContext;
  const schema = z.object({ id: z.string(), unit: z.number() });
  await answering(workplace, schema, fail, { evenIfCancelled: true })({ id: 'lab', unit: 1 }, context);
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
  const code = readText('src/activities/answer.ts');
  const made = (field: string): boolean => new RegExp(`\\b${field}\\b`).test(code);
  expect(described.filter((field) => !fields.has(field) && !made(field))).toEqual([]);
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
