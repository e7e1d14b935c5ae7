import { expect, test } from 'vitest';
import { allOf, anyOf, VirtualTask } from '../../../../bench/simulate/virtualTask.ts';

test('all tasks: the results in the order of the tasks, once the last one is there', () => {
  const [one, two] = [new VirtualTask(), new VirtualTask()];
  const all = allOf([one, two]);
  two.complete('b');
  expect(all.isCompleted).toBe(false);
  one.complete('a');
  expect(all.result).toEqual(['a', 'b']);
});

test('any task: the first that is completed, also where it was before', () => {
  const [one, two] = [new VirtualTask(), new VirtualTask()];
  const any = anyOf([one, two]);
  two.complete('b');
  one.complete('a');
  expect(any.result).toBe(two);
  expect(anyOf([one, two]).result).toBe(one);
});

test('no task at all is complete at once', () => {
  expect(allOf([]).result).toEqual([]);
});
