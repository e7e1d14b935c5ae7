// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { byId, make, write } from '../../../src/monitor/elements.ts';
import { openPage } from './openPage.ts';

beforeEach(openPage);

test('an element that the page has not, or that is another one, is told', () => {
  expect(() => byId('nobody')).toThrow('The page has no such element nobody');
  expect(() => byId('list', HTMLInputElement)).toThrow('The page has no such element list');
  expect(byId('key', HTMLInputElement).type).toBe('password');
});

test('text of any content stays text', () => {
  const element = make('p', 'soft', '<img src="x">');
  expect(element.children).toHaveLength(0);
  expect(element.textContent).toBe('<img src="x">');
  expect(element.className).toBe('soft');
});

test('text that is there already is not written again', () => {
  const element = make('p', '', 'the same');
  const node = element.firstChild;
  write(element, 'the same');
  expect(element.firstChild).toBe(node);
  write(element, 'another');
  expect(element.textContent).toBe('another');
});
