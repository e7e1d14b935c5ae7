import { expect, test } from 'vitest';
import { RunningWork } from '../../../src/runtime/runningWork.ts';

test('the end is waited for until everything has ended, also what failed and what began meanwhile', async () => {
  const work = new RunningWork();
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const failing = work.during(() => first.promise).catch((error: Error) => error.message);
  let hasEnded = false;
  const ended = work.ended(60_000).then(() => {
    hasEnded = true;
  });
  const later = work.during(() => second.promise);
  first.reject(new Error('no'));
  expect(await failing).toBe('no');
  await new Promise(setImmediate);
  expect(hasEnded).toBe(false);
  second.resolve('yes');
  expect(await later).toBe('yes');
  await ended;
});

test('what does not end is not waited for longer than told', async () => {
  const work = new RunningWork();
  void work.during(() => new Promise(() => undefined));
  await work.ended(1);
  await new RunningWork().ended(60_000);
});
