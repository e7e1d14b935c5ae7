import type { OrchestrationContext, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { PlannedStep } from '../contract/plannedStep.ts';
import type { IndexesBuilt, IndexMessage } from '../contract/steps/buildIndexes.ts';
import type { Problem } from '../errors.ts';
import { callStep } from './callStep.ts';
import { COLLECTIONS_PER_STEP } from './state.ts';

/** What every step that makes indexes is told. */
interface Building extends PlannedStep {
  /** Token of the run's claim: nobody else makes any. */
  readonly writer: string | null;
}

/** Makes the indexes of the collections from `from` on, as many as one activity does. */
export function* buildStep(
  context: OrchestrationContext,
  { writer, ...about }: Building,
  from: number,
  stallMinutes: number,
): Generator<Task, { readonly value: IndexesBuilt } | { readonly problem: Problem }, unknown> {
  if (writer === null) throw new Error('Indexes are made by whoever has claimed the target');
  const input: IndexMessage = { ...about, writer, from, to: from + COLLECTIONS_PER_STEP };
  return yield* callStep<IndexesBuilt>(context, ACTIVITIES.buildIndexes, input, stallMinutes);
}
