import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { expect, test } from 'vitest';
import { runOnExtension, type Worker } from './extensionModel.ts';

/** Each piece of work takes as long as its input says. */
const worker: Worker = ({ input }) => ({ takesMs: (input as { ms: number }).ms, value: input });
const work = ({ df }: OrchestrationContext, ms: number) => df.callActivity('work', { ms });

// What recording 19 of the real extension shows (packages/functions-host/test/recordings).

test('tasks that stand in a second Task.all are begun a second time', async () => {
  const { begun } = await runOnExtension(
    function* (context): Generator<Task, void, unknown> {
      const tasks = [work(context, 100), work(context, 800)];
      yield context.df.Task.any(tasks);
      yield context.df.Task.all(tasks);
    },
    null,
    worker,
  );
  expect(begun).toHaveLength(4);
});

test('tasks that are waited for again one by one are not', async () => {
  const { begun, output } = await runOnExtension(
    function* (context): Generator<Task, unknown, unknown> {
      const [short, long] = [work(context, 100), work(context, 800)];
      yield context.df.Task.any([short, long]);
      return [yield short, yield long];
    },
    null,
    worker,
  );
  expect(begun).toHaveLength(2);
  expect(output).toEqual([{ ms: 100 }, { ms: 800 }]);
});

// By its source alone: nobody has recorded it.
test('a task that is asked for after another one is begun when that one is done', async () => {
  const late: OrchestrationHandler = function* (context): Generator<Task, void, unknown> {
    const [short, long] = [work(context, 100), work(context, 800)];
    yield context.df.Task.any([short, long]);
    const next = work(context, 5_000);
    yield context.df.Task.any([
      next,
      context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 2_000)),
    ]);
    yield work(context, 1);
  };
  const { begun, behind, endMs } = await runOnExtension(late, null, worker);
  expect(begun.map(({ name, atMs }) => [name, atMs - (begun[0]?.atMs ?? 0)])).toEqual([
    ['work', 0],
    ['work', 0],
    ['work', 100],
    ['timer', 100],
    ['work', 2_100],
  ]);
  expect(behind).toBe(0);
  expect(endMs - (begun[0]?.atMs ?? 0)).toBe(2_101);
});
