// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import { TableRows } from '../../../src/monitor/tableRows.ts';
import { openPage, textOf, textsOf } from './openPage.ts';

let rows: TableRows;

beforeEach(() => {
  openPage();
  rows = new TableRows();
});

const table = (total: number, copied = 0, errors = 0) => ({ total, copied, validated: 0, errors });
const names = () => textsOf('#tables .mono');
const items = () => [...document.querySelectorAll('#tables li')];

test('the largest table comes first, equals by name, and the empty ones are counted', () => {
  rows.render({ b: table(5), a: table(5), large: table(9), none: table(0), refused: table(0, 0, 1) });
  expect(names()).toEqual(['large', 'a', 'b', 'refused']);
  expect(textOf('#empty')).toBe('1 more table is empty.');
  rows.render({ a: table(5), none: table(0), nothing: table(0) });
  expect(textOf('#empty')).toBe('2 more tables are empty.');
  rows.render({ a: table(5) });
  expect(textOf('#empty')).toBe('');
});

test('a row is kept from answer to answer, so that its bar grows', () => {
  rows.render({ runs: table(100, 25), metrics: table(50) });
  const [runs, metrics] = items();
  rows.render({ runs: table(100, 50), metrics: table(200) });
  expect(items()).toEqual([metrics, runs]);
  expect(runs?.querySelector<HTMLElement>('.copied')?.style.width).toBe('50%');
});

test('a row that stands where it belongs is not put there again', () => {
  rows.render({ runs: table(100, 25), metrics: table(50) });
  const put = vi.spyOn(document.querySelector('#tables') as Element, 'insertBefore');
  rows.render({ runs: table(100, 50), metrics: table(50) });
  expect(put).not.toHaveBeenCalled();
});

test('a table that is gone takes its row along', () => {
  rows.render({ runs: table(100), metrics: table(50) });
  rows.render({ metrics: table(50) });
  expect(names()).toEqual(['metrics']);
});

test('rows with errors are marked', () => {
  rows.render({ runs: table(100, 100, 2) });
  expect(items()[0]?.className).toBe('faulty');
  expect(textsOf('#tables .count')).toEqual(['100 of 100, 2 errors']);
});

test('nothing of another migration is left', () => {
  rows.render({ runs: table(100) });
  const [before] = items();
  rows.clear();
  expect(names()).toEqual([]);
  rows.render({ runs: table(100) });
  expect(items()[0]).not.toBe(before);
});
