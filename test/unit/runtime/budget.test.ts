import { expect, test } from 'vitest';
import { Budget } from '../../../src/runtime/budget.ts';

/** Asks for bytes and notes when they are given. */
function ask(budget: Budget, bytes: number) {
  const asked = { isGiven: false, giveBack: (): void => undefined };
  void budget.take(bytes).then((giveBack) => {
    asked.isGiven = true;
    asked.giveBack = giveBack;
  });
  return asked;
}
const soon = () => new Promise(setImmediate);
const given = (...all: { isGiven: boolean }[]) => all.map(({ isGiven }) => isGiven);

test('work of several migrations never holds more than the process has', async () => {
  const budget = new Budget(10);
  const [first, second, third] = [ask(budget, 6), ask(budget, 4), ask(budget, 1)];
  await soon();
  expect(given(first, second, third)).toEqual([true, true, false]);
  second.giveBack();
  await soon();
  expect(given(third)).toEqual([true]);
});

test('what is large is not overtaken for ever by what is small', async () => {
  const budget = new Budget(10);
  const [first, large, small] = [ask(budget, 5), ask(budget, 8), ask(budget, 1)];
  await soon();
  expect(given(first, large, small)).toEqual([true, false, false]);
  first.giveBack();
  await soon();
  expect(given(large, small)).toEqual([true, true]);
});

test('what is larger than all there is goes alone', async () => {
  const budget = new Budget(10);
  const [small, huge, next] = [ask(budget, 1), ask(budget, 50), ask(budget, 1)];
  await soon();
  expect(given(small, huge, next)).toEqual([true, false, false]);
  small.giveBack();
  await soon();
  expect(given(huge, next)).toEqual([true, false]);
  huge.giveBack();
  await soon();
  expect(given(next)).toEqual([true]);
});

test('what is asked to stop while it waits leaves the queue, and keeps nobody behind it waiting', async () => {
  const budget = new Budget(10);
  const stop = new AbortController();
  const first = ask(budget, 6);
  const stopped = budget.take(9, stop.signal);
  const next = ask(budget, 4);
  await soon();
  expect(given(first, next)).toEqual([true, false]);
  stop.abort(new Error('asked to stop'));
  await expect(stopped).rejects.toThrow('asked to stop');
  await soon();
  expect(given(next)).toEqual([true]);
  await expect(budget.take(1, stop.signal)).rejects.toThrow('asked to stop');
  // Who was let in before is not touched by a later stop.
  const later = new AbortController();
  const held = budget.take(3, later.signal);
  first.giveBack();
  const giveBack = await held;
  later.abort(new Error('too late'));
  giveBack();
  next.giveBack();
  const all = ask(budget, 10);
  await soon();
  expect(given(all)).toEqual([true]);
});
