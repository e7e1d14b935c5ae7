import type { Task } from 'durable-functions';

/**
 * Waits for tasks that are begun until each has ended, whatever became of it. One after the other: a task that stands in a second
 * `Task.all` or `Task.any` is begun a second time.
 */
export function* settleAll(tasks: readonly Task[]): Generator<Task, void, unknown> {
  for (const task of tasks) {
    try {
      yield task;
    } catch {
      // That it has ended is all that is asked.
    }
  }
}
