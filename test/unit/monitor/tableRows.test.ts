// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import type { MigrationStatus } from '../../../src/contract/migrationStatus.ts';
import { TableRows } from '../../../src/monitor/tableRows.ts';
import { isHidden, openPage, textOf, textsOf } from './openPage.ts';

let rows: TableRows;

beforeEach(() => {
  openPage();
  rows = new TableRows();
});

const table = (total: number, copied = 0, errors = 0) => ({ total, copied, validated: 0, errors });
const render = (tables: MigrationStatus['tables'], kind: MigrationStatus['kind'] = 'migration'): void =>
  rows.render({ tables, kind });
const names = () => textsOf('#tables .mono');
const items = () => [...document.querySelectorAll('#tables li')];

test('the tables that everybody knows come first, then the largest, and the empty ones are folded', () => {
  render({
    large: table(9),
    small: table(5),
    runs: table(7),
    experiments: table(1),
    none: table(0),
    tags: table(0),
    refused: table(0, 0, 1),
  });
  expect(names()).toEqual(['experiments', 'runs', 'large', 'small', 'refused']);
  expect([textOf('#empty-count'), textOf('#empty-names')]).toEqual(['2 more tables are empty', 'tags, none']);
  render({ runs: table(5), none: table(0) });
  expect(textOf('#empty-count')).toBe('1 more table is empty');
  render({ runs: table(5) });
  expect(isHidden('#empty')).toBe(true);
});

test('a row is kept from answer to answer, so that its bar grows', () => {
  render({ spans: table(100, 25), jobs: table(50) });
  const [spans, jobs] = items();
  render({ spans: table(100, 50), jobs: table(200) });
  expect(items()).toEqual([jobs, spans]);
  expect(spans?.querySelector<HTMLElement>('.copied')?.style.width).toBe('50%');
});

test('a row that stands where it belongs is not put there again', () => {
  render({ runs: table(100, 25), metrics: table(50) });
  const put = vi.spyOn(document.querySelector('#tables') as Element, 'insertBefore');
  render({ runs: table(100, 50), metrics: table(50) });
  expect(put).not.toHaveBeenCalled();
});

test('a table that is gone takes its row along', () => {
  render({ runs: table(100), metrics: table(50) });
  render({ metrics: table(50) });
  expect(names()).toEqual(['metrics']);
});

test('rows with errors are marked', () => {
  render({ runs: table(100, 100, 2) });
  expect(items()[0]?.className).toBe('faulty');
  expect(textsOf('#tables .count')).toEqual(['100 of 100, 2 errors']);
});

test('nothing of another migration is left', () => {
  render({ runs: table(100) });
  const [before] = items();
  rows.clear();
  expect(names()).toEqual([]);
  render({ runs: table(100) });
  expect(items()[0]).not.toBe(before);
});

test('of a dry run there is how much each table holds, and no share', () => {
  render({ runs: table(1_000) }, 'analysis');
  expect(textsOf('#tables .count')).toEqual(['1,000 records']);
  expect([isHidden('#tables-key'), items()[0]?.querySelector('.unmoved') === null]).toEqual([true, false]);
});
