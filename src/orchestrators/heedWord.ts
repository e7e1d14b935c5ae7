import type { OrchestrationContext, Task } from 'durable-functions';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { AwaitWordInput, Word } from '../contract/operatorWord.ts';
import { FIRST_WAIT_MS, wait } from './wait.ts';

/** Attempts to wait for a word; work that begins all the same hears the word itself. */
const MAX_WAITING = 3;

/**
 * Where work was stopped from outside: goes on when it may, at once where it may already. Work that is begun then looks at
 * the operator's word itself, so that nothing depends on what was heard here. It is waited for in a child of its own, whose
 * history starts over, as a suspension may last for weeks and be met in the middle of a phase.
 */
export function* heedWord(context: OrchestrationContext, id: string): Generator<Task, void, unknown> {
  yield* waitInChild(context, { version: MESSAGE_VERSION, id, looks: 0 });
}

/**
 * Waits for that time (milliseconds since 1970), or until the operator says something else than to go on; gives the last word. The
 * child has the instance id given, by which its history can be deleted.
 */
export function* waitUntil(
  context: OrchestrationContext,
  id: string,
  until: number,
  instanceId: string,
): Generator<Task, Word, unknown> {
  return yield* waitInChild(context, { version: MESSAGE_VERSION, id, looks: 0, until }, instanceId);
}

function* waitInChild(
  context: OrchestrationContext,
  input: AwaitWordInput,
  instanceId?: string,
): Generator<Task, Word, unknown> {
  for (let attempt = 1; attempt <= MAX_WAITING; attempt++) {
    try {
      // Each id is used once.
      const ofChild = attempt === 1 ? instanceId : undefined;
      return (yield context.df.callSubOrchestrator(ORCHESTRATORS.awaitWord, input, ofChild)) as Word;
    } catch {
      // Somebody has ended the waiting itself.
      yield* wait(context, FIRST_WAIT_MS);
    }
  }
  return 'run';
}
