import type { OrchestrationContext, Task } from 'durable-functions';

/** What became of one of several tasks. */
export type Settled = { readonly value: unknown } | { readonly error: unknown };

/** Begins tasks at once and waits until each has ended, whatever became of it: `Task.all` alone ends with the first that fails, while the others go on. */
export function* settleAll(
  context: OrchestrationContext,
  tasks: readonly Task[],
): Generator<Task, readonly Settled[], unknown> {
  if (tasks.length === 0) return [];
  try {
    const values = (yield context.df.Task.all([...tasks])) as readonly unknown[];
    return values.map((value) => ({ value }));
  } catch {
    // Each tells its own failure.
  }
  const settled: Settled[] = [];
  for (const task of tasks) {
    try {
      settled.push({ value: yield task });
    } catch (error) {
      settled.push({ error });
    }
  }
  return settled;
}
