// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { hideGate, onKeyEntered, refusalOfKey, showGate, storedKey } from '../../../src/monitor/gate.ts';
import { isHidden, openPage, textOf } from './openPage.ts';

let entered: string[];

beforeEach(() => {
  openPage();
  entered = [];
  onKeyEntered((key) => void entered.push(key));
  showGate('');
});

const field = () => document.querySelector<HTMLInputElement>('#key') as HTMLInputElement;
const enter = (text: string): void => {
  field().value = text;
  document.querySelector('#gate-form')?.dispatchEvent(new Event('submit', { cancelable: true }));
};

test('the question stands in place of everything else and has the focus', () => {
  expect([isHidden('#gate'), isHidden('#monitor'), isHidden('#forget')]).toEqual([false, true, true]);
  expect(document.activeElement).toBe(field());
  hideGate();
  expect([isHidden('#gate'), isHidden('#monitor'), isHidden('#forget')]).toEqual([true, false, false]);
});

test('a key is kept for the session, without the blanks around it, and leaves the field', () => {
  expect(storedKey()).toBeNull();
  enter('  k3y== ');
  expect(entered).toEqual(['k3y==']);
  expect(storedKey()).toBe('k3y==');
  expect(field().value).toBe('');
});

test.each(['', 'two words', 'umläut', 'line\u0000'])('%o is no key: it is told and not kept', (text) => {
  enter(text);
  expect(entered).toEqual([]);
  expect(storedKey()).toBeNull();
  expect(isHidden('#refused')).toBe(false);
  expect(textOf('#refused')).toMatch(/^A key is a line of letters/);
});

test('a key that was refused is forgotten, and why is told until the next question', () => {
  enter('k3y');
  showGate('The function app refused this key');
  expect(storedKey()).toBeNull();
  expect(textOf('#refused')).toBe('The function app refused this key');
  showGate('');
  expect(isHidden('#refused')).toBe(true);
});

test('where a key is found is told by where the app runs', () => {
  expect(refusalOfKey(new URL('https://app.azurewebsites.net'))).toContain('az functionapp keys list');
  for (const local of ['http://127.0.0.1:7071', 'http://localhost:7071', 'http://[::1]:7071'])
    expect(refusalOfKey(new URL(local))).toContain('has printed the key, or the file that holds it, with the address');
});
